{# A rate is known where its entity was delivered at all: without tickets,
   nobody is known to ask little. -#}
with

customer_features as (

    select * from {{ ref('customer_features') }}

),

customers as (

    select * from {{ ref('customers') }}

),

coverage as (

    select
        max(customers_covered) filter (where entity = 'web_sessions') > 0
            as has_web_sessions,
        max(customers_covered) filter (where entity = 'social_interactions') > 0
            as has_social_interactions,
        max(customers_covered) filter (where entity = 'reviews') > 0
            as has_reviews,
        max(customers_covered) filter (where entity = 'support_tickets') > 0
            as has_support_tickets
    from {{ ref('source_coverage') }}

),

income_currencies as (

    select
        income_currency,
        row_number() over (
            order by count(*) desc, income_currency asc
        ) as place
    from customers
    where income_currency is not null
    group by income_currency

)

select
    customers.customer_id,

    -- A band counts with its middle; a band without an end is not known.
    (customers.age_min + customers.age_max) / 2.0 as age,
    case
        when income_currencies.place = 1
            then (customers.income_min + customers.income_max) / 2
    end as income,
    customers.household_size,
    customers.children_count,
    customer_features.tenure_days / 365.25 as tenure_years,
    customer_features.orders_per_year,
    customer_features.avg_order_value,
    customer_features.avg_items_per_order,
    customer_features.avg_item_price,
    customer_features.avg_days_between_orders,
    customer_features.discount_share,
    customer_features.discounted_order_share,
    customer_features.return_share,
    customer_features.morning_order_share,
    customer_features.afternoon_order_share,
    customer_features.evening_order_share,
    customer_features.weekend_order_share,
    case
        when coverage.has_web_sessions
            then customer_features.sessions_per_month
    end as sessions_per_month,
    customer_features.mobile_session_share,
    customer_features.pageviews_per_session,
    customer_features.avg_session_minutes,
    customer_features.cart_additions_per_session,
    customer_features.session_conversion_share,
    case
        when coverage.has_social_interactions
            then customer_features.social_interactions_per_year
    end as social_interactions_per_year,
    case
        when coverage.has_reviews then customer_features.reviews_per_year
    end as reviews_per_year,
    customer_features.web_order_share,
    customer_features.app_order_share,
    customer_features.store_order_share,
    customer_features.phone_order_share,
    customer_features.marketplace_order_share,
    case
        when customer_features.count_categories > 0
            then customer_features.count_categories
    end as count_categories,
    customer_features.favourite_category_share,
    customer_features.campaign_open_share,
    customer_features.campaign_click_share,
    case
        when coverage.has_support_tickets
            then customer_features.tickets_per_year
    end as tickets_per_year,
    customer_features.urgent_ticket_share,
    customer_features.avg_resolution_hours,
    customer_features.avg_csat,
    customer_features.avg_rating,
    customer_features.avg_sentiment
from customers
cross join coverage
inner join customer_features
    on customers.customer_id = customer_features.customer_id
left join income_currencies
    on customers.income_currency = income_currencies.income_currency
