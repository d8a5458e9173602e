{{ config(materialized='view') }}

with recursive

-- Months before every window asked for are one opening month: the sums since
-- the beginning need them, the windows do not.
as_of as (

    select
        *,
        cast(
            history_start_month
            - interval {{ var('window_months') }} month as date
        ) as opening_month
    from {{ ref('int_as_of_date') }}

),

orders as (

    select
        months.customer_id,
        greatest(months.month, as_of.opening_month) as month,
        min(months.month) filter (where months.count_orders > 0)
            as first_order_month,
        sum(months.count_orders) as count_orders,
        sum(months.count_lines) as count_lines,
        sum(months.count_items) as count_items,
        sum(months.gross_amount) as gross_amount,
        sum(months.discount_amount) as discount_amount,
        sum(months.return_amount) as return_amount,
        sum(months.count_discounted_orders) as count_discounted_orders,
        sum(months.count_web_orders) as count_web_orders,
        sum(months.count_app_orders) as count_app_orders,
        sum(months.count_store_orders) as count_store_orders,
        sum(months.count_phone_orders) as count_phone_orders,
        sum(months.count_marketplace_orders) as count_marketplace_orders,
        sum(months.count_morning_orders) as count_morning_orders,
        sum(months.count_afternoon_orders) as count_afternoon_orders,
        sum(months.count_evening_orders) as count_evening_orders,
        sum(months.count_weekend_orders) as count_weekend_orders
    from {{ ref('int_orders_aggregated_to_customer_months') }} as months
    cross join as_of
    group by months.customer_id, greatest(months.month, as_of.opening_month)

),

web_sessions as (

    select
        months.customer_id,
        greatest(months.month, as_of.opening_month) as month,
        sum(months.count_sessions) as count_sessions,
        sum(months.count_mobile_sessions) as count_mobile_sessions,
        sum(months.sum_pageviews) as sum_pageviews,
        sum(months.count_sessions_with_order) as count_sessions_with_order
    from {{ ref('int_web_sessions_aggregated_to_customer_months') }} as months
    cross join as_of
    group by months.customer_id, greatest(months.month, as_of.opening_month)

),

contacts as (

    select
        months.customer_id,
        greatest(months.month, as_of.opening_month) as month,
        sum(months.count_social_interactions) as count_social_interactions,
        sum(months.count_tickets) as count_tickets,
        sum(months.count_reviews) as count_reviews
    from {{ ref('int_contacts_aggregated_to_customer_months') }} as months
    cross join as_of
    group by months.customer_id, greatest(months.month, as_of.opening_month)

),

-- Only people who have bought have features.
buyers as (

    select
        customer_id,
        min(first_order_month) as first_order_month
    from orders
    group by customer_id
    having min(first_order_month) is not null

),

activity as (

    select
        customer_id,
        month
    from orders
    union all
    select
        customer_id,
        month
    from web_sessions
    union all
    select
        customer_id,
        month
    from contacts

),

customer_starts as (

    select
        buyers.customer_id,
        buyers.first_order_month,
        min(activity.month) as first_month
    from buyers
    inner join activity on buyers.customer_id = activity.customer_id
    group by buyers.customer_id, buyers.first_order_month

),

months as (

    select
        min(first_month) as month,
        max(as_of.as_of_month) as last_month
    from customer_starts
    cross join as_of

    union all

    select
        cast(month + interval 1 month as date) as month,
        last_month
    from months
    where month < last_month

),

dense as (

    select
        customer_starts.customer_id,
        months.month,
        customer_starts.first_order_month,
        coalesce(orders.count_orders, 0) as count_orders,
        coalesce(orders.count_lines, 0) as count_lines,
        coalesce(orders.count_items, 0) as count_items,
        coalesce(orders.gross_amount, 0) as gross_amount,
        coalesce(orders.discount_amount, 0) as discount_amount,
        coalesce(orders.return_amount, 0) as return_amount,
        coalesce(orders.count_discounted_orders, 0) as count_discounted_orders,
        coalesce(orders.count_web_orders, 0) as count_web_orders,
        coalesce(orders.count_app_orders, 0) as count_app_orders,
        coalesce(orders.count_store_orders, 0) as count_store_orders,
        coalesce(orders.count_phone_orders, 0) as count_phone_orders,
        coalesce(orders.count_marketplace_orders, 0) as count_marketplace_orders,
        coalesce(orders.count_morning_orders, 0) as count_morning_orders,
        coalesce(orders.count_afternoon_orders, 0) as count_afternoon_orders,
        coalesce(orders.count_evening_orders, 0) as count_evening_orders,
        coalesce(orders.count_weekend_orders, 0) as count_weekend_orders,
        coalesce(web_sessions.count_sessions, 0) as count_sessions,
        coalesce(web_sessions.count_mobile_sessions, 0) as count_mobile_sessions,
        coalesce(web_sessions.sum_pageviews, 0) as sum_pageviews,
        coalesce(web_sessions.count_sessions_with_order, 0) as count_sessions_with_order,
        coalesce(contacts.count_social_interactions, 0) as count_social_interactions,
        coalesce(contacts.count_tickets, 0) as count_tickets,
        coalesce(contacts.count_reviews, 0) as count_reviews
    from customer_starts
    inner join months on customer_starts.first_month <= months.month
    left join orders
        on
            customer_starts.customer_id = orders.customer_id
            and months.month = orders.month
    left join web_sessions
        on
            customer_starts.customer_id = web_sessions.customer_id
            and months.month = web_sessions.month
    left join contacts
        on
            customer_starts.customer_id = contacts.customer_id
            and months.month = contacts.month

),

summed as (

    select
        customer_id,
        month,
        first_order_month,
        cast(sum(count_orders) over the_window as bigint)
            as window_orders,
        cast(sum(count_lines) over the_window as bigint)
            as window_lines,
        cast(sum(count_items) over the_window as bigint)
            as window_items,
        cast(sum(gross_amount) over the_window as decimal(18, 4))
            as window_gross_amount,
        cast(sum(discount_amount) over the_window as decimal(18, 4))
            as window_discount_amount,
        cast(sum(return_amount) over the_window as decimal(18, 4))
            as window_return_amount,
        cast(sum(count_discounted_orders) over the_window as bigint)
            as window_discounted_orders,
        cast(sum(count_web_orders) over the_window as bigint)
            as window_web_orders,
        cast(sum(count_app_orders) over the_window as bigint)
            as window_app_orders,
        cast(sum(count_store_orders) over the_window as bigint)
            as window_store_orders,
        cast(sum(count_phone_orders) over the_window as bigint)
            as window_phone_orders,
        cast(sum(count_marketplace_orders) over the_window as bigint)
            as window_marketplace_orders,
        cast(sum(count_morning_orders) over the_window as bigint)
            as window_morning_orders,
        cast(sum(count_afternoon_orders) over the_window as bigint)
            as window_afternoon_orders,
        cast(sum(count_evening_orders) over the_window as bigint)
            as window_evening_orders,
        cast(sum(count_weekend_orders) over the_window as bigint)
            as window_weekend_orders,
        cast(sum(count_sessions) over the_window as bigint)
            as window_sessions,
        cast(sum(count_mobile_sessions) over the_window as bigint)
            as window_mobile_sessions,
        cast(sum(sum_pageviews) over the_window as bigint)
            as window_pageviews,
        cast(sum(count_sessions_with_order) over the_window as bigint)
            as window_sessions_with_order,
        cast(sum(count_social_interactions) over the_window as bigint)
            as window_social_interactions,
        cast(sum(count_tickets) over the_window as bigint)
            as window_tickets,
        cast(sum(count_reviews) over the_window as bigint)
            as window_reviews,
        cast(sum(count_orders) over since_the_beginning as bigint)
            as lifetime_orders,
        cast(sum(count_items) over since_the_beginning as bigint)
            as lifetime_items,
        cast(sum(gross_amount) over since_the_beginning as decimal(18, 4))
            as lifetime_gross_amount,
        cast(sum(discount_amount) over since_the_beginning as decimal(18, 4))
            as lifetime_discount_amount,
        cast(sum(return_amount) over since_the_beginning as decimal(18, 4))
            as lifetime_return_amount
    from dense
    window
        the_window as (
            partition by customer_id
            order by month asc
            rows between
            {{ var('window_months') | int - 1 }} preceding and current row
        ),
        since_the_beginning as (
            partition by customer_id
            order by month asc
            rows between unbounded preceding and current row
        )

),

observed as (

    select
        summed.*,
        cast(
            summed.month + interval 1 month - interval 1 day as date
        ) as month_end,
        {{ observed_months('summed.first_order_month', 'summed.month') }}
            as observed_months
    from summed
    cross join as_of
    where
        summed.month >= as_of.history_start_month
        and summed.first_order_month <= summed.month

)

select
    customer_id,
    month_end,
    lifetime_orders,
    lifetime_items,
    lifetime_gross_amount,
    lifetime_discount_amount,
    lifetime_return_amount,
    window_orders,
    window_lines,
    window_items,
    window_sessions,
    window_gross_amount,
    window_discount_amount,
    window_return_amount,
    cast(observed_months as integer) as observed_months,
    {{ behaviour_formulas() }},
    {{ run_id_literal() }} as run_id
from observed
