{# Through which channels each persona of today buys, comes and first came,
   exact. Kinds: order (where purchases were made) and session (what brought a
   visit), in the window of the personas; acquisition (what won the customer),
   of all who ever bought, with their orders in the window. hits are what is
   compared between personas (purchases, sessions, customers), base those of all
   channels; squares and products over known customers tell how much chance
   there is in a share, because one customer's orders resemble each other.
   Guests and anonymous sessions count under unassigned, as nobody. -#}
{{ config(materialized='table') }}

with

orders as (

    select
        orders.*,
        orders.ordered_date >= as_of.window_start_month as is_in_window
    from {{ ref('orders') }} as orders
    cross join {{ ref('int_as_of_date') }} as as_of
    where orders.is_counted

),

web_sessions as (

    select
        web_sessions.customer_id,
        web_sessions.order_id,
        coalesce(web_sessions.traffic_source, 'unknown') as traffic_source
    from {{ ref('input_layer__web_sessions') }} as web_sessions
    cross join {{ ref('int_as_of_date') }} as as_of
    where
        cast(web_sessions.started_at as date) <= as_of.as_of_date
        and cast(web_sessions.started_at as date) >= as_of.window_start_month

),

customers as (

    select
        customer_id,
        first_order_date,
        coalesce(acquisition_channel, 'unknown') as acquisition_channel
    from {{ ref('customers') }}

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

order_channels as (

    select
        'order' as channel_kind,
        customer_id,
        channel,
        count(*) filter (where is_purchase) as hits,
        count(*) filter (where is_purchase) as count_orders,
        0 as count_sessions,
        0 as count_sessions_with_order,
        sum(net_amount) as net_amount
    from orders
    where is_in_window
    group by customer_id, channel

),

session_channels as (

    select
        'session' as channel_kind,
        customer_id,
        traffic_source as channel,
        count(*) as hits,
        0 as count_orders,
        count(*) as count_sessions,
        count(order_id) as count_sessions_with_order,
        0 as net_amount
    from web_sessions
    group by customer_id, traffic_source

),

customer_orders as (

    select
        customer_id,
        count(*) filter (where is_purchase) as count_orders,
        sum(net_amount) as net_amount
    from orders
    where is_in_window
    group by customer_id

),

acquisition_channels as (

    select
        'acquisition' as channel_kind,
        customers.customer_id,
        customers.acquisition_channel as channel,
        case when customers.first_order_date is not null then 1 else 0 end
            as hits,
        coalesce(customer_orders.count_orders, 0) as count_orders,
        0 as count_sessions,
        0 as count_sessions_with_order,
        coalesce(customer_orders.net_amount, 0) as net_amount
    from customers
    left join customer_orders
        on customers.customer_id = customer_orders.customer_id
    where
        customers.first_order_date is not null
        or customer_orders.customer_id is not null

    union all

    select
        'acquisition' as channel_kind,
        cast(null as varchar) as customer_id,
        'unknown' as channel,
        0 as hits,
        count_orders,
        0 as count_sessions,
        0 as count_sessions_with_order,
        net_amount
    from customer_orders
    where customer_id is null

),

delivered as (

    select * from order_channels
    union all
    select * from session_channels
    union all
    select * from acquisition_channels

),

-- The 20 that most customers use; sources of traffic may be anything.
ranked as (

    select
        channel_kind,
        channel,
        row_number() over (
            partition by channel_kind
            order by count(customer_id) desc, count(*) desc, channel asc
        ) <= 20 as is_common
    from delivered
    group by channel_kind, channel

),

combined as (

    select
        delivered.channel_kind,
        delivered.customer_id,
        case when ranked.is_common then delivered.channel else 'other' end
            as channel,
        sum(delivered.hits) as hits,
        sum(delivered.count_orders) as count_orders,
        sum(delivered.count_sessions) as count_sessions,
        sum(delivered.count_sessions_with_order) as count_sessions_with_order,
        sum(delivered.net_amount) as net_amount
    from delivered
    inner join ranked
        on
            delivered.channel_kind = ranked.channel_kind
            and delivered.channel = ranked.channel
    group by
        delivered.channel_kind,
        delivered.customer_id,
        case when ranked.is_common then delivered.channel else 'other' end

),

-- A customer's base is in each of their rows: all their hits of the kind.
weighed as (

    select
        combined.*,
        coalesce(customer_personas.persona_id, 'unassigned') as persona_id,
        sum(combined.hits) over (
            partition by combined.channel_kind, combined.customer_id
        ) as base
    from combined
    left join customer_personas
        on combined.customer_id = customer_personas.customer_id

),

grouped as (

    select
        persona_id,
        channel_kind,
        channel,
        count(customer_id) filter (where hits > 0) as count_customers,
        count(customer_id) filter (where count_sessions_with_order > 0)
            as count_converted_customers,
        count(customer_id) + coalesce(
            sum(count_orders + count_sessions) filter (
                where customer_id is null
            ), 0
        ) as count_people,
        count(customer_id) filter (where count_sessions_with_order > 0)
        + coalesce(
            sum(count_sessions_with_order) filter (where customer_id is null), 0
        ) as count_converted_people,
        sum(hits) as hits,
        sum(hits) filter (where customer_id is not null) as known_hits,
        sum(hits * hits) filter (where customer_id is not null)
            as sum_hits_squared,
        sum(hits * base) filter (where customer_id is not null)
            as sum_hits_base,
        sum(count_orders) as count_orders,
        sum(count_sessions) as count_sessions,
        sum(count_sessions_with_order) as count_sessions_with_order,
        sum(net_amount) as net_amount
    from weighed
    group by persona_id, channel_kind, channel

),

-- hits * base over the channels of a customer sums to base squared.
bases as (

    select
        persona_id,
        channel_kind,
        sum(hits) as base,
        sum(known_hits) as known_base,
        sum(sum_hits_base) as sum_base_squared
    from grouped
    group by persona_id, channel_kind

),

known as (

    select
        persona_id,
        channel_kind,
        count(distinct customer_id) as count_known
    from weighed
    where hits > 0
    group by persona_id, channel_kind

),

channels as (

    select distinct
        channel_kind,
        channel
    from grouped

)

select
    bases.persona_id,
    bases.channel_kind,
    channels.channel,
    cast(coalesce(known.count_known, 0) as bigint) as count_known,
    cast(coalesce(grouped.count_customers, 0) as bigint) as count_customers,
    cast(coalesce(grouped.count_converted_customers, 0) as bigint)
        as count_converted_customers,
    cast(coalesce(grouped.count_people, 0) as bigint) as count_people,
    cast(coalesce(grouped.count_converted_people, 0) as bigint)
        as count_converted_people,
    cast(coalesce(grouped.hits, 0) as bigint) as hits,
    cast(bases.base as bigint) as base,
    cast(coalesce(grouped.known_hits, 0) as bigint) as known_hits,
    cast(coalesce(bases.known_base, 0) as bigint) as known_base,
    cast(coalesce(grouped.sum_hits_squared, 0) as bigint) as sum_hits_squared,
    cast(coalesce(grouped.sum_hits_base, 0) as bigint) as sum_hits_base,
    cast(coalesce(bases.sum_base_squared, 0) as bigint) as sum_base_squared,
    cast(coalesce(grouped.count_orders, 0) as bigint) as count_orders,
    cast(coalesce(grouped.count_sessions, 0) as bigint) as count_sessions,
    cast(coalesce(grouped.count_sessions_with_order, 0) as bigint)
        as count_sessions_with_order,
    cast(coalesce(grouped.net_amount, 0) as decimal(18, 4)) as net_amount,
    as_of.window_start_month
from bases
inner join channels on bases.channel_kind = channels.channel_kind
cross join as_of
left join known
    on
        bases.persona_id = known.persona_id
        and bases.channel_kind = known.channel_kind
left join grouped
    on
        bases.persona_id = grouped.persona_id
        and bases.channel_kind = grouped.channel_kind
        and channels.channel = grouped.channel
