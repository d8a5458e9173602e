{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('int_orders_aggregated_to_customer_months') }}

),

web_sessions as (

    select * from {{ ref('int_web_sessions_aggregated_to_customer_months') }}

),

contacts as (

    select * from {{ ref('int_contacts_aggregated_to_customer_months') }}

),

categories as (

    select
        customer_id,
        first_month as month,
        count(*) as count_new_categories
    from {{ ref('int_customer_categories') }}
    group by customer_id, first_month

),

customer_months as (

    select customer_id, month from orders
    union
    select customer_id, month from web_sessions
    union
    select customer_id, month from contacts

)

select
    customer_months.customer_id,
    customer_months.month,
    cast(coalesce(orders.count_orders, 0) as bigint) as count_orders,
    cast(coalesce(orders.count_lines, 0) as bigint) as count_lines,
    cast(coalesce(orders.count_items, 0) as bigint) as count_items,
    cast(coalesce(orders.gross_amount, 0) as decimal(18, 4)) as gross_amount,
    cast(coalesce(orders.discount_amount, 0) as decimal(18, 4)) as discount_amount,
    cast(coalesce(orders.return_amount, 0) as decimal(18, 4)) as return_amount,
    cast(coalesce(orders.count_orders_with_return, 0) as bigint) as count_orders_with_return,
    cast(coalesce(orders.count_discounted_orders, 0) as bigint) as count_discounted_orders,
    cast(coalesce(orders.count_web_orders, 0) as bigint) as count_web_orders,
    cast(coalesce(orders.count_app_orders, 0) as bigint) as count_app_orders,
    cast(coalesce(orders.count_store_orders, 0) as bigint) as count_store_orders,
    cast(coalesce(orders.count_phone_orders, 0) as bigint) as count_phone_orders,
    cast(coalesce(orders.count_marketplace_orders, 0) as bigint) as count_marketplace_orders,
    cast(coalesce(orders.count_morning_orders, 0) as bigint) as count_morning_orders,
    cast(coalesce(orders.count_afternoon_orders, 0) as bigint) as count_afternoon_orders,
    cast(coalesce(orders.count_evening_orders, 0) as bigint) as count_evening_orders,
    cast(coalesce(orders.count_weekend_orders, 0) as bigint) as count_weekend_orders,
    cast(coalesce(orders.count_campaign_orders, 0) as bigint) as count_campaign_orders,
    cast(coalesce(orders.count_order_gaps, 0) as bigint) as count_order_gaps,
    cast(coalesce(orders.sum_gap_days, 0) as bigint) as sum_gap_days,
    cast(coalesce(orders.sum_squared_gap_days, 0) as bigint) as sum_squared_gap_days,
    cast(coalesce(web_sessions.count_sessions, 0) as bigint) as count_sessions,
    cast(coalesce(web_sessions.sum_session_seconds, 0) as bigint) as sum_session_seconds,
    cast(coalesce(web_sessions.sum_pageviews, 0) as bigint) as sum_pageviews,
    cast(coalesce(web_sessions.sum_cart_additions, 0) as bigint) as sum_cart_additions,
    cast(coalesce(web_sessions.count_mobile_sessions, 0) as bigint) as count_mobile_sessions,
    cast(coalesce(web_sessions.count_sessions_with_order, 0) as bigint) as count_sessions_with_order,
    cast(coalesce(contacts.count_social_interactions, 0) as bigint) as count_social_interactions,
    cast(coalesce(contacts.count_social_posts, 0) as bigint) as count_social_posts,
    cast(coalesce(contacts.count_sentiments, 0) as bigint) as count_sentiments,
    cast(coalesce(contacts.sum_sentiment, 0) as decimal(18, 4)) as sum_sentiment,
    cast(coalesce(contacts.count_tickets, 0) as bigint) as count_tickets,
    cast(coalesce(contacts.count_urgent_tickets, 0) as bigint) as count_urgent_tickets,
    cast(coalesce(contacts.count_first_responses, 0) as bigint) as count_first_responses,
    cast(coalesce(contacts.sum_first_response_seconds, 0) as bigint) as sum_first_response_seconds,
    cast(coalesce(contacts.count_resolutions, 0) as bigint) as count_resolutions,
    cast(coalesce(contacts.sum_resolution_seconds, 0) as bigint) as sum_resolution_seconds,
    cast(coalesce(contacts.count_csat, 0) as bigint) as count_csat,
    cast(coalesce(contacts.sum_csat, 0) as decimal(18, 4)) as sum_csat,
    cast(coalesce(contacts.count_reviews, 0) as bigint) as count_reviews,
    cast(coalesce(contacts.sum_ratings, 0) as decimal(18, 4)) as sum_ratings,
    cast(coalesce(contacts.count_touches, 0) as bigint) as count_touches,
    cast(coalesce(contacts.count_held_out, 0) as bigint) as count_held_out,
    cast(coalesce(contacts.count_opens, 0) as bigint) as count_opens,
    cast(coalesce(contacts.count_clicks, 0) as bigint) as count_clicks,
    cast(coalesce(contacts.count_survey_answers, 0) as bigint) as count_survey_answers,
    cast(coalesce(contacts.count_nps, 0) as bigint) as count_nps,
    cast(coalesce(contacts.sum_nps, 0) as decimal(18, 4)) as sum_nps,
    cast(coalesce(categories.count_new_categories, 0) as bigint)
        as count_new_categories
from customer_months
left join orders
    on
        customer_months.customer_id = orders.customer_id
        and customer_months.month = orders.month
left join web_sessions
    on
        customer_months.customer_id = web_sessions.customer_id
        and customer_months.month = web_sessions.month
left join contacts
    on
        customer_months.customer_id = contacts.customer_id
        and customer_months.month = contacts.month
left join categories
    on
        customer_months.customer_id = categories.customer_id
        and customer_months.month = categories.month
