{# Customers of each campaign and what was known of them before their touch: at
   most 50,000 per campaign and arm, drawn by a hash of their ids.

   Where nobody was held out, customers whom the campaign did not touch are there
   to compare with. Each is given the time of one of the touches, so that both
   are looked at over the same days, and must have been known by then, as must
   the treated. Their window ends early where a campaign touches them, as that of
   the treated does. What they buy in it is only compared; it counts for no
   campaign. -#}
{{ config(materialized='table') }}
{%- set count_sampled = 50000 %}

with

touches as (

    select * from {{ ref('int_campaign_touches') }}

),

customers as (

    select * from {{ ref('customers') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}
    where persona_basis = 'month'

),

purchases as (

    select * from {{ ref('orders') }}
    where is_purchase and customer_id is not null

),

orders_monthly as (

    select * from {{ ref('int_orders_aggregated_to_customer_months') }}

),

sessions_monthly as (

    select * from {{ ref('int_web_sessions_aggregated_to_customer_months') }}

),

contacts_monthly as (

    select * from {{ ref('int_contacts_aggregated_to_customer_months') }}

),

known as {{ computed_once() }} (

    select
        customer_id,
        first_order_date,
        least(
            coalesce(registered_at, cast(first_order_date as timestamp)),
            coalesce(cast(first_order_date as timestamp), registered_at)
        ) as known_at
    from customers

),

-- Campaigns that held out nobody.
without_held_out as (

    select campaign_id
    from touches
    group by campaign_id
    having count(*) filter (where arm = 'held_out') = 0

),

touched as {{ computed_once() }} (

    select
        touches.campaign_id,
        touches.customer_id,
        touches.arm,
        touches.persona_id,
        touches.touched_at,
        touches.window_ends_at
    from touches
    left join without_held_out
        on touches.campaign_id = without_held_out.campaign_id
    left join known on touches.customer_id = known.customer_id
    where
        touches.is_window_complete
        and (
            without_held_out.campaign_id is null
            or known.known_at < touches.touched_at
        )
    qualify
        row_number() over (
            partition by touches.campaign_id, touches.arm
            order by
                md5(touches.campaign_id || touches.customer_id) asc,
                touches.customer_id asc
        ) <= {{ count_sampled }}

),

touch_times as (

    select
        touched.campaign_id,
        touched.touched_at,
        row_number() over (
            partition by touched.campaign_id
            order by touched.touched_at asc, touched.customer_id asc
        ) as place
    from touched
    inner join without_held_out
        on touched.campaign_id = without_held_out.campaign_id

),

count_times as (

    select
        campaign_id,
        count(*) as count_times
    from touch_times
    group by campaign_id

),

candidates as (

    select
        customer_id,
        known_at
    from known
    where known_at is not null
    qualify
        row_number() over (order by md5(customer_id) asc, customer_id asc)
        <= 4 * {{ count_sampled }}

),

numbered as (

    select
        without_held_out.campaign_id,
        candidates.customer_id,
        candidates.known_at,
        row_number() over (
            partition by without_held_out.campaign_id
            order by
                md5(without_held_out.campaign_id || candidates.customer_id) asc,
                candidates.customer_id asc
        ) as place
    from candidates
    cross join without_held_out
    left join touches
        on
            without_held_out.campaign_id = touches.campaign_id
            and candidates.customer_id = touches.customer_id
    where touches.customer_id is null

),

-- Like a dealt pack of cards: each gets a place among the touches' times.
placed as (

    select
        numbered.campaign_id,
        numbered.customer_id,
        numbered.known_at,
        (numbered.place - 1) % count_times.count_times + 1 as place
    from numbered
    inner join count_times on numbered.campaign_id = count_times.campaign_id
    where numbered.place <= {{ count_sampled }}

),

compared as {{ computed_once() }} (

    select
        placed.campaign_id,
        placed.customer_id,
        touch_times.touched_at,
        cast(
            date_trunc('month', touch_times.touched_at) - interval 1 month
            as date
        ) as known_month
    from placed
    inner join touch_times
        on
            placed.campaign_id = touch_times.campaign_id
            and placed.place = touch_times.place
    where placed.known_at < touch_times.touched_at

),

next_touches as (

    select
        compared.campaign_id,
        compared.customer_id,
        min(touches.touched_at) as next_touched_at
    from compared
    inner join touches
        on
            compared.customer_id = touches.customer_id
            and compared.touched_at <= touches.touched_at
    group by compared.campaign_id, compared.customer_id

),

cohorts as (

    select
        campaign_id,
        customer_id,
        arm,
        persona_id,
        touched_at,
        window_ends_at
    from touched

    union all

    select
        compared.campaign_id,
        compared.customer_id,
        'compared' as arm,
        coalesce(segments.persona_id, 'unassigned') as persona_id,
        compared.touched_at,
        least(
            compared.touched_at + {{ conversion_window() }},
            coalesce(
                next_touches.next_touched_at,
                compared.touched_at + {{ conversion_window() }}
            )
        ) as window_ends_at
    from compared
    left join next_touches
        on
            compared.campaign_id = next_touches.campaign_id
            and compared.customer_id = next_touches.customer_id
    left join segments
        on
            compared.customer_id = segments.customer_id
            and compared.known_month >= segments.from_month
            and compared.known_month < segments.to_month

),

years as {{ computed_once() }} (

    select
        *,
        cast(date_trunc('month', touched_at) as date) as touched_month,
        cast(
            date_trunc('month', touched_at) - interval 12 month as date
        ) as year_begins
    from cohorts

),

ordered as (

    select
        years.campaign_id,
        years.customer_id,
        sum(orders_monthly.count_orders) as count_orders,
        sum(
            orders_monthly.gross_amount - orders_monthly.discount_amount
            - orders_monthly.return_amount
        ) as net_amount
    from years
    inner join orders_monthly
        on
            years.customer_id = orders_monthly.customer_id
            and years.touched_month > orders_monthly.month
            and years.year_begins <= orders_monthly.month
    group by years.campaign_id, years.customer_id

),

visited as (

    select
        years.campaign_id,
        years.customer_id,
        sum(sessions_monthly.count_sessions) as count_sessions
    from years
    inner join sessions_monthly
        on
            years.customer_id = sessions_monthly.customer_id
            and years.touched_month > sessions_monthly.month
            and years.year_begins <= sessions_monthly.month
    group by years.campaign_id, years.customer_id

),

contacted as (

    select
        years.campaign_id,
        years.customer_id,
        sum(contacts_monthly.count_tickets) as count_tickets,
        sum(contacts_monthly.count_touches) as count_touches,
        sum(contacts_monthly.count_opens) as count_opens
    from years
    inner join contacts_monthly
        on
            years.customer_id = contacts_monthly.customer_id
            and years.touched_month > contacts_monthly.month
            and years.year_begins <= contacts_monthly.month
    group by years.campaign_id, years.customer_id

),

-- The purchases before the touch and in the window, found in one pass.
bought as (

    select
        years.campaign_id,
        years.customer_id,
        max(purchases.ordered_at) filter (
            where purchases.ordered_at < years.touched_at
        ) as last_ordered_at,
        count(*) filter (
            where
            purchases.ordered_at < years.touched_at
            and purchases.ordered_at >= years.touched_at - interval 30 day
        ) as count_recent_orders,
        count(*) filter (where purchases.ordered_at >= years.touched_at)
            as count_orders,
        sum(purchases.net_amount) filter (
            where purchases.ordered_at >= years.touched_at
        ) as net_amount,
        sum(purchases.costed_net_amount) filter (
            where purchases.ordered_at >= years.touched_at
        ) as costed_net_amount,
        sum(purchases.costed_net_amount - purchases.cost_amount) filter (
            where purchases.ordered_at >= years.touched_at
        ) as margin_amount
    from years
    inner join purchases
        on
            years.customer_id = purchases.customer_id
            and years.window_ends_at > purchases.ordered_at
    group by years.campaign_id, years.customer_id

)

select
    years.campaign_id,
    years.customer_id,
    years.arm,
    years.persona_id,
    years.touched_at,
    cast(coalesce(bought.count_orders, 0) as bigint) as count_orders,
    cast(coalesce(bought.net_amount, 0) as double) as net_amount,
    cast(coalesce(bought.costed_net_amount, 0) as double) as costed_net_amount,
    cast(coalesce(bought.margin_amount, 0) as double) as margin_amount,
    ln(1 + coalesce(ordered.count_orders, 0)) as orders_last_year,
    ln(1 + greatest(cast(coalesce(ordered.net_amount, 0) as double), 0))
        as net_amount_last_year,
    ln(1 + coalesce(visited.count_sessions, 0)) as sessions_last_year,
    ln(1 + coalesce(contacted.count_tickets, 0)) as tickets_last_year,
    ln(1 + coalesce(contacted.count_touches, 0)) as touches_last_year,
    ln(1 + coalesce(contacted.count_opens, 0)) as opens_last_year,
    least(
        coalesce(
            {{ seconds_between('bought.last_ordered_at', 'years.touched_at') }}
            / 2629800.0, 36.0
        ), 36.0
    ) as months_since_order,
    least(
        coalesce(
            {{ seconds_between('known.known_at', 'years.touched_at') }}
            / 2629800.0, 0.0
        ), 60.0
    ) as months_known,
    ln(1 + coalesce(bought.count_recent_orders, 0)) as orders_last_30_days
from years
left join known on years.customer_id = known.customer_id
left join ordered
    on
        years.campaign_id = ordered.campaign_id
        and years.customer_id = ordered.customer_id
left join visited
    on
        years.campaign_id = visited.campaign_id
        and years.customer_id = visited.customer_id
left join contacted
    on
        years.campaign_id = contacted.campaign_id
        and years.customer_id = contacted.customer_id
left join bought
    on
        years.campaign_id = bought.campaign_id
        and years.customer_id = bought.customer_id
