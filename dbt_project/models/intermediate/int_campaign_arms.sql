{# What the customers of each arm did in the window. Sums are over customers, and
   so are the squares: a customer without a purchase counts with zero. Customers
   whose window is not over yet are counted as open and in nothing else.

   A campaign's spend falls on its personas by the customers treated, open ones
   too; rounding is handed on, so that the parts sum to the whole. -#}
{{ config(materialized='table') }}

with

touches as (

    select * from {{ ref('int_campaign_touches') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_purchase and customer_id is not null

),

campaigns as (

    select * from {{ ref('input_layer__campaigns') }}

),

spend as (

    select * from {{ ref('int_campaign_spend') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

bought as (

    select
        touches.campaign_id,
        touches.customer_id,
        count(*) as count_orders,
        sum(orders.net_amount) as net_amount,
        sum(orders.costed_net_amount) as costed_net_amount,
        sum(orders.costed_net_amount - orders.cost_amount) as margin_amount
    from touches
    inner join orders
        on
            touches.customer_id = orders.customer_id
            and touches.touched_at <= orders.ordered_at
            and touches.window_ends_at > orders.ordered_at
    where touches.is_window_complete
    group by touches.campaign_id, touches.customer_id

),

arms as (

    select
        touches.campaign_id,
        touches.persona_id,
        touches.arm,
        count(*) filter (where touches.is_window_complete) as count_customers,
        count(*) filter (where not touches.is_window_complete)
            as count_open_windows,
        count(*) filter (
            where touches.is_window_complete and touches.is_cut_short
        ) as count_cut_short,
        count(bought.customer_id) as count_converted,
        coalesce(sum(bought.count_orders), 0) as count_orders,
        coalesce(sum(bought.count_orders * bought.count_orders), 0)
            as sum_squared_orders,
        coalesce(sum(bought.net_amount), 0) as sum_net_amount,
        coalesce(
            sum(
                cast(bought.net_amount as decimal(18, 4))
                * cast(bought.net_amount as decimal(18, 4))
            ), 0
        ) as sum_squared_net_amount,
        coalesce(sum(bought.costed_net_amount), 0) as sum_costed_net_amount,
        coalesce(sum(bought.margin_amount), 0) as sum_margin_amount,
        coalesce(
            sum(
                cast(bought.margin_amount as decimal(18, 4))
                * cast(bought.margin_amount as decimal(18, 4))
            ), 0
        ) as sum_squared_margin_amount,
        count(*) filter (where touches.arm = 'treated') as count_treated,
        cast(min(touches.touched_at) as date) as first_touched_date,
        cast(max(touches.touched_at) as date) as last_touched_date
    from touches
    left join bought
        on
            touches.campaign_id = bought.campaign_id
            and touches.customer_id = bought.customer_id
    group by touches.campaign_id, touches.persona_id, touches.arm

),

running as (

    select
        arms.*,
        coalesce(spend.spend_amount, 0) as campaign_spend_amount,
        {{ ratio(
            'sum(arms.count_treated) over up_to_here',
            'sum(arms.count_treated) over of_the_campaign'
        ) }} as treated_share_so_far,
        {{ ratio(
            'sum(arms.count_treated) over up_to_here - arms.count_treated',
            'sum(arms.count_treated) over of_the_campaign'
        ) }} as treated_share_before
    from arms
    left join spend on arms.campaign_id = spend.campaign_id
    window
        of_the_campaign as (partition by arms.campaign_id),
        up_to_here as (
            partition by arms.campaign_id
            order by arms.persona_id asc, arms.arm asc
            rows between unbounded preceding and current row
        )

)

select
    running.campaign_id,
    coalesce(campaigns.channel, 'unknown') as channel,
    running.persona_id,
    running.arm,
    currencies.currency,
    cast(running.count_customers as bigint) as count_customers,
    cast(running.count_open_windows as bigint) as count_open_windows,
    cast(running.count_cut_short as bigint) as count_cut_short,
    cast(running.count_converted as bigint) as count_converted,
    cast(running.count_orders as bigint) as count_orders,
    cast(running.sum_squared_orders as double) as sum_squared_orders,
    cast(running.sum_net_amount as decimal(18, 4)) as sum_net_amount,
    cast(running.sum_squared_net_amount as double) as sum_squared_net_amount,
    cast(running.sum_costed_net_amount as decimal(18, 4))
        as sum_costed_net_amount,
    cast(running.sum_margin_amount as decimal(18, 4)) as sum_margin_amount,
    cast(running.sum_squared_margin_amount as double)
        as sum_squared_margin_amount,
    cast(
        round(
            running.campaign_spend_amount
            * coalesce(running.treated_share_so_far, 0), 4
        )
        - round(
            running.campaign_spend_amount
            * coalesce(running.treated_share_before, 0), 4
        )
        as decimal(18, 4)
    ) as spend_amount,
    running.count_open_windows = 0 as is_window_complete,
    running.first_touched_date,
    running.last_touched_date
from running
cross join currencies
left join campaigns on running.campaign_id = campaigns.campaign_id
