{{ config(materialized='table') }}

with

web_sessions as (

    select * from {{ ref('input_layer__web_sessions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    web_sessions.customer_id,
    cast(date_trunc('month', web_sessions.started_at) as date) as month,
    count(*) as count_sessions,
    coalesce(sum(web_sessions.duration_seconds), 0) as sum_session_seconds,
    coalesce(sum(web_sessions.pageviews), 0) as sum_pageviews,
    coalesce(sum(web_sessions.cart_additions), 0) as sum_cart_additions,
    count(*) filter (where web_sessions.device = 'mobile')
        as count_mobile_sessions,
    count(web_sessions.order_id) as count_sessions_with_order
from web_sessions
cross join as_of
where
    web_sessions.customer_id is not null
    and cast(web_sessions.started_at as date) <= as_of.as_of_date
group by
    web_sessions.customer_id,
    cast(date_trunc('month', web_sessions.started_at) as date)
