-- All campaigns together, both arms, count no purchase twice: of no customer
-- more than they made since their first touch, to the cent.
with

touches as (

    select * from {{ ref('int_campaign_touches') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_purchase and customer_id is not null

),

arms as (

    select * from {{ ref('int_campaign_arms') }}

),

counted as (

    select
        sum(count_orders) as count_orders,
        sum(sum_net_amount) as net_amount
    from arms

),

-- Once per purchase, whatever the number of campaigns that ask for it.
touched as (

    select
        count(*) as count_orders,
        sum(orders.net_amount) as net_amount
    from orders
    where
        exists (
            select 1
            from touches
            where
                touches.customer_id = orders.customer_id
                and touches.is_window_complete
                and touches.touched_at <= orders.ordered_at
                and touches.window_ends_at > orders.ordered_at
        )

)

select
    counted.count_orders,
    touched.count_orders as count_touched_orders,
    counted.net_amount,
    touched.net_amount as touched_net_amount
from counted
cross join touched
where
    counted.count_orders <> touched.count_orders
    or counted.net_amount <> touched.net_amount
