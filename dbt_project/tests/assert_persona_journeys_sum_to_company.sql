-- Every session, purchase and amount of the window is in exactly one journey.
with

journeys as (

    select
        coalesce(sum(count_sessions), 0) as count_sessions,
        coalesce(sum(hits), 0) as count_orders,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('int_persona_journey_counts') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

bought as (

    select
        count(*) filter (where orders.is_purchase) as count_orders,
        coalesce(sum(orders.net_amount), 0) as net_amount
    from {{ ref('orders') }} as orders
    cross join as_of
    where
        orders.is_counted
        and orders.ordered_date >= as_of.window_start_month

),

visited as (

    select count(*) as count_sessions
    from {{ ref('input_layer__web_sessions') }} as web_sessions
    cross join as_of
    where
        cast(web_sessions.started_at as date) <= as_of.as_of_date
        and cast(web_sessions.started_at as date) >= as_of.window_start_month

)

select
    bought.net_amount as company_net_amount,
    journeys.net_amount as journeys_net_amount,
    bought.count_orders as company_orders,
    journeys.count_orders as journeys_orders,
    visited.count_sessions as company_sessions,
    journeys.count_sessions as journeys_sessions
from journeys
cross join bought
cross join visited
where
    bought.count_orders <> journeys.count_orders
    or bought.net_amount <> journeys.net_amount
    or visited.count_sessions <> journeys.count_sessions
