-- Channels of all personas hold the company's purchases and money (order,
-- acquisition), its sessions (session) and its customers (acquisition).
with

kinds as (

    select 'order' as channel_kind
    union all
    select 'session' as channel_kind
    union all
    select 'acquisition' as channel_kind

),

channels as (

    select
        channel_kind,
        sum(case when channel_kind = 'acquisition' then count_customers end)
            as count_customers,
        sum(count_orders) as count_orders,
        sum(count_sessions) as count_sessions,
        sum(count_sessions_with_order) as count_sessions_with_order,
        sum(net_amount) as net_amount
    from {{ ref('int_persona_channel_counts') }}
    group by channel_kind

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

    select
        count(*) as count_sessions,
        count(web_sessions.order_id) as count_sessions_with_order
    from {{ ref('input_layer__web_sessions') }} as web_sessions
    cross join as_of
    where
        cast(web_sessions.started_at as date) <= as_of.as_of_date
        and cast(web_sessions.started_at as date) >= as_of.window_start_month

),

won as (

    select count(*) as count_customers
    from {{ ref('customers') }}
    where first_order_date is not null

)

select
    kinds.channel_kind,
    bought.net_amount as company_net_amount,
    channels.net_amount as channels_net_amount
from kinds
cross join bought
cross join visited
cross join won
left join channels on kinds.channel_kind = channels.channel_kind
where
    (
        kinds.channel_kind <> 'session'
        and (
            bought.count_orders <> coalesce(channels.count_orders, 0)
            or bought.net_amount <> coalesce(channels.net_amount, 0)
        )
    )
    or (
        kinds.channel_kind = 'session'
        and (
            visited.count_sessions <> coalesce(channels.count_sessions, 0)
            or visited.count_sessions_with_order
            <> coalesce(channels.count_sessions_with_order, 0)
        )
    )
    or (
        kinds.channel_kind = 'acquisition'
        and won.count_customers <> coalesce(channels.count_customers, 0)
    )
