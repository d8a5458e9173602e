with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

customers as (

    select * from {{ ref('customers') }}

),

categories as (

    select * from {{ ref('int_customer_categories') }}

),

survey_scores as (

    select * from {{ ref('customer_survey_scores') }}

),

orders_months as (

    select
        months.*,
        months.month >= as_of.window_start_month as is_in_window
    from {{ ref('int_orders_aggregated_to_customer_months') }} as months
    cross join as_of

),

web_sessions_months as (

    select
        months.*,
        months.month >= as_of.window_start_month as is_in_window
    from {{ ref('int_web_sessions_aggregated_to_customer_months') }} as months
    cross join as_of

),

contacts_months as (

    select
        months.*,
        months.month >= as_of.window_start_month as is_in_window
    from {{ ref('int_contacts_aggregated_to_customer_months') }} as months
    cross join as_of

),

orders as (

    select
        customer_id,
        min(month) filter (where count_orders > 0) as first_order_month,
        sum(count_orders) filter (where is_in_window) as window_orders,
        sum(count_lines) filter (where is_in_window) as window_lines,
        sum(count_items) filter (where is_in_window) as window_items,
        sum(gross_amount) filter (where is_in_window) as window_gross_amount,
        sum(discount_amount) filter (where is_in_window) as window_discount_amount,
        sum(return_amount) filter (where is_in_window) as window_return_amount,
        sum(count_discounted_orders) filter (where is_in_window) as window_discounted_orders,
        sum(count_web_orders) filter (where is_in_window) as window_web_orders,
        sum(count_app_orders) filter (where is_in_window) as window_app_orders,
        sum(count_store_orders) filter (where is_in_window) as window_store_orders,
        sum(count_phone_orders) filter (where is_in_window) as window_phone_orders,
        sum(count_marketplace_orders) filter (where is_in_window) as window_marketplace_orders,
        sum(count_morning_orders) filter (where is_in_window) as window_morning_orders,
        sum(count_afternoon_orders) filter (where is_in_window) as window_afternoon_orders,
        sum(count_evening_orders) filter (where is_in_window) as window_evening_orders,
        sum(count_weekend_orders) filter (where is_in_window) as window_weekend_orders,
        sum(count_orders) as lifetime_orders,
        sum(count_items) as lifetime_items,
        sum(gross_amount) as lifetime_gross_amount,
        sum(discount_amount) as lifetime_discount_amount,
        sum(return_amount) as lifetime_return_amount,
        sum(count_orders_with_return) as count_orders_with_return,
        sum(count_campaign_orders) as count_campaign_orders,
        sum(count_order_gaps) as count_order_gaps,
        sum(sum_gap_days) as sum_gap_days,
        sum(sum_squared_gap_days) as sum_squared_gap_days
    from orders_months
    group by customer_id

),

web_sessions as (

    select
        customer_id,
        sum(count_sessions) filter (where is_in_window) as window_sessions,
        sum(count_mobile_sessions) filter (where is_in_window) as window_mobile_sessions,
        sum(sum_pageviews) filter (where is_in_window) as window_pageviews,
        sum(count_sessions_with_order) filter (where is_in_window) as window_sessions_with_order,
        sum(count_sessions) as count_sessions,
        sum(sum_session_seconds) as sum_session_seconds,
        sum(sum_cart_additions) as sum_cart_additions
    from web_sessions_months
    group by customer_id

),

contacts as (

    select
        customer_id,
        sum(count_social_interactions) filter (where is_in_window) as window_social_interactions,
        sum(count_tickets) filter (where is_in_window) as window_tickets,
        sum(count_reviews) filter (where is_in_window) as window_reviews,
        sum(count_social_interactions) as count_social_interactions,
        sum(count_social_posts) as count_social_posts,
        sum(count_sentiments) as count_sentiments,
        sum(sum_sentiment) as sum_sentiment,
        sum(count_tickets) as count_tickets,
        sum(count_urgent_tickets) as count_urgent_tickets,
        sum(count_first_responses) as count_first_responses,
        sum(sum_first_response_seconds) as sum_first_response_seconds,
        sum(count_resolutions) as count_resolutions,
        sum(sum_resolution_seconds) as sum_resolution_seconds,
        sum(count_csat) as count_csat,
        sum(sum_csat) as sum_csat,
        sum(count_reviews) as count_reviews,
        sum(sum_ratings) as sum_ratings,
        sum(count_touches) as count_touches,
        sum(count_held_out) as count_held_out,
        sum(count_opens) as count_opens,
        sum(count_clicks) as count_clicks,
        sum(count_survey_answers) as count_survey_answers,
        sum(count_nps) as count_nps,
        sum(sum_nps) as sum_nps
    from contacts_months
    group by customer_id

),

favourites as (

    select
        customer_id,
        max_by(category, (purchase_amount, category)) as favourite_category,
        max(purchase_amount) as favourite_category_amount,
        sum(purchase_amount) as categorised_amount,
        count(*) as count_categories
    from categories
    group by customer_id

),

constructs as (

    select
        customer_id,
        count(*) as count_survey_constructs,
        max_by(construct, (construct_score, construct)) as strongest_construct
    from survey_scores
    where dimension <> 'satisfaction'
    group by customer_id

),

observed as (

    select
        customers.customer_id,
        customers.first_order_date,
        customers.last_order_date,
        as_of.as_of_date,
        orders.first_order_month,
        {{ observed_months('orders.first_order_month', 'as_of.as_of_month') }}
            as observed_months,
        cast(coalesce(orders.window_orders, 0) as bigint) as window_orders,
        cast(coalesce(orders.window_lines, 0) as bigint) as window_lines,
        cast(coalesce(orders.window_items, 0) as bigint) as window_items,
        cast(coalesce(orders.window_gross_amount, 0) as decimal(18, 4)) as window_gross_amount,
        cast(coalesce(orders.window_discount_amount, 0) as decimal(18, 4)) as window_discount_amount,
        cast(coalesce(orders.window_return_amount, 0) as decimal(18, 4)) as window_return_amount,
        cast(coalesce(orders.window_discounted_orders, 0) as bigint) as window_discounted_orders,
        cast(coalesce(orders.window_web_orders, 0) as bigint) as window_web_orders,
        cast(coalesce(orders.window_app_orders, 0) as bigint) as window_app_orders,
        cast(coalesce(orders.window_store_orders, 0) as bigint) as window_store_orders,
        cast(coalesce(orders.window_phone_orders, 0) as bigint) as window_phone_orders,
        cast(coalesce(orders.window_marketplace_orders, 0) as bigint) as window_marketplace_orders,
        cast(coalesce(orders.window_morning_orders, 0) as bigint) as window_morning_orders,
        cast(coalesce(orders.window_afternoon_orders, 0) as bigint) as window_afternoon_orders,
        cast(coalesce(orders.window_evening_orders, 0) as bigint) as window_evening_orders,
        cast(coalesce(orders.window_weekend_orders, 0) as bigint) as window_weekend_orders,
        cast(coalesce(orders.lifetime_orders, 0) as bigint) as lifetime_orders,
        cast(coalesce(orders.lifetime_items, 0) as bigint) as lifetime_items,
        cast(coalesce(orders.lifetime_gross_amount, 0) as decimal(18, 4)) as lifetime_gross_amount,
        cast(coalesce(orders.lifetime_discount_amount, 0) as decimal(18, 4)) as lifetime_discount_amount,
        cast(coalesce(orders.lifetime_return_amount, 0) as decimal(18, 4)) as lifetime_return_amount,
        cast(coalesce(orders.count_orders_with_return, 0) as bigint) as count_orders_with_return,
        cast(coalesce(orders.count_campaign_orders, 0) as bigint) as count_campaign_orders,
        cast(coalesce(orders.count_order_gaps, 0) as bigint) as count_order_gaps,
        cast(coalesce(orders.sum_gap_days, 0) as bigint) as sum_gap_days,
        cast(coalesce(orders.sum_squared_gap_days, 0) as bigint) as sum_squared_gap_days,
        cast(coalesce(web_sessions.window_sessions, 0) as bigint) as window_sessions,
        cast(coalesce(web_sessions.window_mobile_sessions, 0) as bigint) as window_mobile_sessions,
        cast(coalesce(web_sessions.window_pageviews, 0) as bigint) as window_pageviews,
        cast(coalesce(web_sessions.window_sessions_with_order, 0) as bigint) as window_sessions_with_order,
        cast(coalesce(web_sessions.count_sessions, 0) as bigint) as count_sessions,
        cast(coalesce(web_sessions.sum_session_seconds, 0) as bigint) as sum_session_seconds,
        cast(coalesce(web_sessions.sum_cart_additions, 0) as bigint) as sum_cart_additions,
        cast(coalesce(contacts.window_social_interactions, 0) as bigint) as window_social_interactions,
        cast(coalesce(contacts.window_tickets, 0) as bigint) as window_tickets,
        cast(coalesce(contacts.window_reviews, 0) as bigint) as window_reviews,
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
        favourites.favourite_category,
        favourites.favourite_category_amount,
        favourites.categorised_amount,
        coalesce(favourites.count_categories, 0) as count_categories,
        coalesce(constructs.count_survey_constructs, 0)
            as count_survey_constructs,
        constructs.strongest_construct
    from customers
    cross join as_of
    left join orders on customers.customer_id = orders.customer_id
    left join web_sessions on customers.customer_id = web_sessions.customer_id
    left join contacts on customers.customer_id = contacts.customer_id
    left join favourites on customers.customer_id = favourites.customer_id
    left join constructs on customers.customer_id = constructs.customer_id

)

select
    customer_id,

    -- value
    lifetime_gross_amount,
    lifetime_discount_amount,
    lifetime_return_amount,
    cast(
        lifetime_gross_amount - lifetime_discount_amount
        - lifetime_return_amount as decimal(18, 4)
    ) as lifetime_net_amount,
    window_gross_amount,
    window_discount_amount,
    window_return_amount,

    -- frequency and regularity
    lifetime_orders,
    window_orders,
    cast(greatest(lifetime_orders - 1, 0) as bigint) as frequency,
    {{ ratio('sum_gap_days', 'count_order_gaps') }} as avg_days_between_orders,
    case
        when count_order_gaps > 1
            then sqrt(greatest(
                cast(sum_squared_gap_days as double) / count_order_gaps
                - cast(sum_gap_days as double) / count_order_gaps
                * cast(sum_gap_days as double) / count_order_gaps,
                0
            ))
    end as std_days_between_orders,

    -- recency and tenure
    first_order_date,
    last_order_date,
    cast(
        {{ dbt.datediff('first_order_date', 'last_order_date', 'day') }}
        as bigint
    ) as recency_days,
    cast(
        {{ dbt.datediff('first_order_date', 'as_of_date', 'day') }} as bigint
    ) as tenure_days,
    cast(
        {{ dbt.datediff('last_order_date', 'as_of_date', 'day') }} as bigint
    ) as days_since_last_order,
    cast(observed_months as integer) as observed_months,

    -- behaviour of the window: basket, price sensitivity, returns, channels,
    -- times, web, social and service
    {{ behaviour_formulas() }},

    -- taste
    favourite_category,
    {{ ratio('favourite_category_amount', 'categorised_amount') }}
        as favourite_category_share,
    cast(count_categories as integer) as count_categories,

    -- support of the shares
    window_lines,
    window_items,
    window_sessions,

    -- web engagement
    count_sessions as lifetime_sessions,
    {{ ratio('sum_session_seconds / 60.0', 'count_sessions') }}
        as avg_session_minutes,
    {{ ratio('sum_cart_additions', 'count_sessions') }}
        as cart_additions_per_session,

    -- social activity
    count_social_interactions as lifetime_social_interactions,
    {{ ratio('count_social_posts', 'count_social_interactions') }}
        as social_post_share,
    {{ ratio('sum_sentiment', 'count_sentiments') }} as avg_sentiment,

    -- service contacts
    count_tickets as lifetime_tickets,
    {{ ratio('count_urgent_tickets', 'count_tickets') }}
        as urgent_ticket_share,
    {{ ratio(
        'sum_first_response_seconds / 3600.0', 'count_first_responses'
    ) }} as avg_first_response_hours,
    {{ ratio('sum_resolution_seconds / 3600.0', 'count_resolutions') }}
        as avg_resolution_hours,
    {{ ratio('count_orders_with_return', 'lifetime_orders') }}
        as return_order_share,

    -- satisfaction
    {{ ratio('sum_csat', 'count_csat') }} as avg_csat,
    {{ ratio('sum_nps', 'count_nps') }} as avg_nps_answer,
    {{ ratio('sum_ratings', 'count_reviews') }} as avg_rating,
    count_reviews as lifetime_reviews,

    -- survey constructs
    count_survey_answers,
    cast(count_survey_constructs as bigint) as count_survey_constructs,
    strongest_construct,

    -- campaign response
    count_touches as count_campaign_touches,
    count_held_out as count_campaign_holdouts,
    {{ ratio('count_opens', 'count_touches') }} as campaign_open_share,
    {{ ratio('count_clicks', 'count_touches') }} as campaign_click_share,
    {{ ratio('count_campaign_orders', 'lifetime_orders') }}
        as campaign_order_share,

    {{ run_id_literal() }} as run_id
from observed
