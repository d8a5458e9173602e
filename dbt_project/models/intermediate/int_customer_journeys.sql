{# The visits that belong together. A journey is a chain of a customer's
   sessions, none later than the var journey_window_days behind the one before;
   it ends with the next purchase, wherever that is made, or when nothing
   follows. So every session and every purchase of the window of the personas is
   in exactly one journey. first and last are the sources of the first and the
   last session; middle that of those between: none, several where they differ.
   A purchase without a session has 'no session', booked orders that are no
   purchase 'no purchase'. Of a guest or an anonymous visitor one session is all
   that is known. -#}
{%- set window = journey_window_days() -%}
{{ config(materialized='view') }}

with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

orders as (

    select
        orders.order_id,
        orders.customer_id,
        orders.ordered_at,
        orders.net_amount,
        orders.is_purchase
    from {{ ref('orders') }} as orders
    cross join as_of
    where
        orders.is_counted
        and orders.ordered_date >= as_of.window_start_month

),

web_sessions as (

    select
        web_sessions.session_id,
        web_sessions.customer_id,
        web_sessions.order_id,
        web_sessions.started_at,
        coalesce(web_sessions.traffic_source, 'unknown') as traffic_source
    from {{ ref('input_layer__web_sessions') }} as web_sessions
    cross join as_of
    where
        cast(web_sessions.started_at as date) <= as_of.as_of_date
        and cast(web_sessions.started_at as date) >= as_of.window_start_month

),

-- The session in which an order was placed stands before it, also where the
-- clocks of shop and analytics disagree.
events as (

    select
        web_sessions.customer_id,
        least(
            web_sessions.started_at,
            coalesce(orders.ordered_at, web_sessions.started_at)
        ) as event_at,
        0 as is_purchase,
        web_sessions.session_id as event_id,
        web_sessions.traffic_source,
        cast(0 as decimal(18, 4)) as net_amount
    from web_sessions
    left join orders
        on
            web_sessions.order_id = orders.order_id
            and web_sessions.customer_id = orders.customer_id
            and orders.is_purchase
    where web_sessions.customer_id is not null

    union all

    select
        customer_id,
        ordered_at as event_at,
        1 as is_purchase,
        order_id as event_id,
        cast(null as varchar) as traffic_source,
        net_amount
    from orders
    where customer_id is not null and is_purchase

),

neighbours as (

    select
        *,
        lag(event_at) over of_the_customer as previous_at,
        lag(is_purchase) over of_the_customer as previous_is_purchase,
        lead(event_at) over of_the_customer as next_at,
        lead(is_purchase) over of_the_customer as next_is_purchase
    from events
    window of_the_customer as (
        partition by customer_id
        order by event_at asc, is_purchase asc, event_id asc
    )

),

marked as (

    select
        customer_id,
        event_at,
        is_purchase,
        event_id,
        traffic_source,
        net_amount,
        case
            when previous_at is null or previous_is_purchase = 1 then 1
            when event_at > previous_at + interval {{ window }} day then 1
            else 0
        end as is_start,
        case
            when
                next_at is null
                or next_is_purchase = 1
                or next_at > event_at + interval {{ window }} day
                then 1
            else 0
        end as is_last
    from neighbours

),

numbered as (

    select
        *,
        sum(is_start) over (
            partition by customer_id
            order by event_at asc, is_purchase asc, event_id asc
            rows between unbounded preceding and current row
        ) as journey_number
    from marked

),

chained as (

    select
        customer_id,
        journey_number,
        max(event_at) as ended_at,
        max(is_purchase) as count_orders,
        count(*) - max(is_purchase) as count_sessions,
        max(case when is_start = 1 then traffic_source end) as first_touch,
        max(case when is_last = 1 then traffic_source end) as last_touch,
        min(case when is_start + is_last = 0 then traffic_source end)
            as lowest_middle,
        max(case when is_start + is_last = 0 then traffic_source end)
            as highest_middle,
        sum(net_amount) as net_amount
    from numbered
    group by customer_id, journey_number

),

-- Two anonymous sessions may name one order: the first of them has it.
guest_orders as (

    select
        orders.order_id,
        min(web_sessions.session_id) as session_id,
        min(orders.net_amount) as net_amount
    from web_sessions
    inner join orders on web_sessions.order_id = orders.order_id
    where
        web_sessions.customer_id is null
        and orders.customer_id is null
        and orders.is_purchase
    group by orders.order_id

),

guest_sessions as (

    select
        web_sessions.traffic_source,
        web_sessions.started_at,
        guest_orders.order_id,
        guest_orders.net_amount
    from web_sessions
    left join guest_orders on web_sessions.session_id = guest_orders.session_id
    where web_sessions.customer_id is null

),

unplaced_orders as (

    select
        orders.net_amount,
        orders.ordered_at
    from orders
    left join guest_sessions on orders.order_id = guest_sessions.order_id
    where
        orders.customer_id is null
        and orders.is_purchase
        and guest_sessions.order_id is null

)

select
    chained.customer_id,
    coalesce(chained.first_touch, 'no session') as first_touch,
    case
        when chained.count_sessions = 0 then 'no session'
        when chained.lowest_middle is null then 'none'
        when chained.lowest_middle = chained.highest_middle
            then chained.lowest_middle
        else 'several'
    end as middle_touch,
    coalesce(chained.last_touch, 'no session') as last_touch,
    cast(1 as integer) as count_journeys,
    case
        when
            chained.count_orders = 0
            and cast(chained.ended_at as date)
            > cast(as_of.as_of_date - interval {{ window }} day as date)
            then 1
        else 0
    end as count_open_journeys,
    chained.count_sessions,
    chained.count_orders,
    chained.net_amount,
    chained.ended_at
from chained
cross join as_of

union all

select
    cast(null as varchar) as customer_id,
    traffic_source as first_touch,
    'none' as middle_touch,
    traffic_source as last_touch,
    cast(1 as integer) as count_journeys,
    0 as count_open_journeys,
    1 as count_sessions,
    case when order_id is null then 0 else 1 end as count_orders,
    coalesce(net_amount, 0) as net_amount,
    started_at as ended_at
from guest_sessions

union all

select
    cast(null as varchar) as customer_id,
    'no session' as first_touch,
    'no session' as middle_touch,
    'no session' as last_touch,
    cast(1 as integer) as count_journeys,
    0 as count_open_journeys,
    0 as count_sessions,
    1 as count_orders,
    net_amount,
    ordered_at as ended_at
from unplaced_orders

union all

select
    customer_id,
    'no purchase' as first_touch,
    'no purchase' as middle_touch,
    'no purchase' as last_touch,
    cast(0 as integer) as count_journeys,
    0 as count_open_journeys,
    0 as count_sessions,
    0 as count_orders,
    net_amount,
    ordered_at as ended_at
from orders
where not is_purchase
