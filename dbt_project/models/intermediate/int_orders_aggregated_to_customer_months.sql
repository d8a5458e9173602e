{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}
    where is_counted and customer_id is not null

),

timed as (

    select
        *,
        cast(date_trunc('month', ordered_at) as date) as month,
        extract(hour from ordered_at) as ordered_hour,
        {{ iso_weekday('ordered_at') }} as ordered_weekday
    from orders

)

select
    customer_id,
    month,
    count(*) filter (where is_purchase) as count_orders,
    coalesce(sum(count_lines) filter (where is_purchase), 0) as count_lines,
    coalesce(sum(count_items) filter (where is_purchase), 0) as count_items,
    coalesce(sum(gross_amount), 0) as gross_amount,
    coalesce(sum(discount_amount), 0) as discount_amount,
    coalesce(sum(return_amount), 0) as return_amount,
    coalesce(sum(costed_net_amount), 0) as costed_net_amount,
    coalesce(sum(cost_amount), 0) as cost_amount,
    count(*) filter (where return_amount > 0) as count_orders_with_return,
    count(*) filter (where is_purchase and discount_amount > 0)
        as count_discounted_orders,
    count(*) filter (where is_purchase and channel = 'web') as count_web_orders,
    count(*) filter (where is_purchase and channel = 'app') as count_app_orders,
    count(*) filter (where is_purchase and channel = 'store')
        as count_store_orders,
    count(*) filter (where is_purchase and channel = 'phone')
        as count_phone_orders,
    count(*) filter (where is_purchase and channel = 'marketplace')
        as count_marketplace_orders,
    count(*) filter (where is_purchase and ordered_hour between 6 and 11)
        as count_morning_orders,
    count(*) filter (where is_purchase and ordered_hour between 12 and 17)
        as count_afternoon_orders,
    count(*) filter (
        where is_purchase and (ordered_hour >= 18 or ordered_hour < 6)
    ) as count_evening_orders,
    count(*) filter (where is_purchase and ordered_weekday >= 6)
        as count_weekend_orders,
    count(*) filter (where is_purchase and campaign_id is not null)
        as count_campaign_orders,
    count(days_since_previous_purchase) as count_order_gaps,
    coalesce(sum(days_since_previous_purchase), 0) as sum_gap_days,
    coalesce(sum(days_since_previous_purchase * days_since_previous_purchase), 0)
        as sum_squared_gap_days
from timed
group by customer_id, month
