with recursive

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

all_months as (

    select
        int_customer_months.*,
        min(month) filter (where count_orders > 0) over (
            partition by customer_id
        ) as first_order_month,
        cast(
            as_of.history_start_month
            - interval {{ var('window_months') }} month as date
        ) as opening_month
    from {{ ref('int_customer_months') }} as int_customer_months
    cross join as_of

),

-- Months before every window asked for are one opening month: the sums since
-- the beginning need them, the windows do not.
customer_months as (

    select
        customer_id,
        greatest(month, opening_month) as month,
        any_value(first_order_month) as first_order_month,
        sum(count_orders) as count_orders,
        sum(count_lines) as count_lines,
        sum(count_items) as count_items,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(return_amount) as return_amount,
        sum(count_discounted_orders) as count_discounted_orders,
        sum(count_web_orders) as count_web_orders,
        sum(count_app_orders) as count_app_orders,
        sum(count_store_orders) as count_store_orders,
        sum(count_phone_orders) as count_phone_orders,
        sum(count_marketplace_orders) as count_marketplace_orders,
        sum(count_morning_orders) as count_morning_orders,
        sum(count_afternoon_orders) as count_afternoon_orders,
        sum(count_evening_orders) as count_evening_orders,
        sum(count_weekend_orders) as count_weekend_orders,
        sum(count_sessions) as count_sessions,
        sum(count_mobile_sessions) as count_mobile_sessions,
        sum(sum_pageviews) as sum_pageviews,
        sum(count_sessions_with_order) as count_sessions_with_order,
        sum(count_social_interactions) as count_social_interactions,
        sum(count_tickets) as count_tickets,
        sum(count_reviews) as count_reviews
    from all_months
    group by customer_id, greatest(month, opening_month)

),

customer_starts as (

    select
        customer_id,
        min(month) as first_month,
        any_value(first_order_month) as first_order_month
    from customer_months
    group by customer_id

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
        coalesce(customer_months.count_orders, 0) as count_orders,
        coalesce(customer_months.count_lines, 0) as count_lines,
        coalesce(customer_months.count_items, 0) as count_items,
        coalesce(customer_months.gross_amount, 0) as gross_amount,
        coalesce(customer_months.discount_amount, 0) as discount_amount,
        coalesce(customer_months.return_amount, 0) as return_amount,
        coalesce(customer_months.count_discounted_orders, 0) as count_discounted_orders,
        coalesce(customer_months.count_web_orders, 0) as count_web_orders,
        coalesce(customer_months.count_app_orders, 0) as count_app_orders,
        coalesce(customer_months.count_store_orders, 0) as count_store_orders,
        coalesce(customer_months.count_phone_orders, 0) as count_phone_orders,
        coalesce(customer_months.count_marketplace_orders, 0) as count_marketplace_orders,
        coalesce(customer_months.count_morning_orders, 0) as count_morning_orders,
        coalesce(customer_months.count_afternoon_orders, 0) as count_afternoon_orders,
        coalesce(customer_months.count_evening_orders, 0) as count_evening_orders,
        coalesce(customer_months.count_weekend_orders, 0) as count_weekend_orders,
        coalesce(customer_months.count_sessions, 0) as count_sessions,
        coalesce(customer_months.count_mobile_sessions, 0) as count_mobile_sessions,
        coalesce(customer_months.sum_pageviews, 0) as sum_pageviews,
        coalesce(customer_months.count_sessions_with_order, 0) as count_sessions_with_order,
        coalesce(customer_months.count_social_interactions, 0) as count_social_interactions,
        coalesce(customer_months.count_tickets, 0) as count_tickets,
        coalesce(customer_months.count_reviews, 0) as count_reviews
    from customer_starts
    inner join months on customer_starts.first_month <= months.month
    left join customer_months
        on
            customer_starts.customer_id = customer_months.customer_id
            and months.month = customer_months.month

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
        least(
            {{ var('window_months') }},
            greatest(
                3,
                {{ months_between_firsts(
                    'summed.first_order_month', 'summed.month'
                ) }} + 1
            )
        ) as observed_months
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
