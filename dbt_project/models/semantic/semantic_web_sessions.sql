with

web_sessions as (

    select * from {{ ref('input_layer__web_sessions') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    web_sessions.session_id,
    web_sessions.customer_id,
    {{ persona_ids() }},
    coalesce(web_sessions.device, 'unknown') as device,
    coalesce(web_sessions.traffic_source, 'unknown') as traffic_source,
    web_sessions.customer_id is null as is_anonymous,
    web_sessions.order_id is not null as has_order,
    web_sessions.started_at
from web_sessions
cross join as_of
{{- join_segments('web_sessions', 'web_sessions.started_at') }}
where cast(web_sessions.started_at as date) <= as_of.as_of_date
