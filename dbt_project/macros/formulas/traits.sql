{# The traits that are compared as means: columns of int_customer_measures. #}
{% macro measured_traits() -%}
    {{ return([
        'age', 'income', 'household_size', 'children_count', 'tenure_years',
        'orders_per_year', 'avg_order_value', 'avg_items_per_order',
        'avg_item_price', 'avg_days_between_orders', 'discount_share',
        'discounted_order_share', 'return_share', 'morning_order_share',
        'afternoon_order_share', 'evening_order_share', 'weekend_order_share',
        'sessions_per_month', 'mobile_session_share', 'pageviews_per_session',
        'avg_session_minutes', 'cart_additions_per_session',
        'session_conversion_share', 'social_interactions_per_year',
        'reviews_per_year', 'web_order_share', 'app_order_share',
        'store_order_share', 'phone_order_share', 'marketplace_order_share',
        'count_categories', 'favourite_category_share', 'campaign_open_share',
        'campaign_click_share', 'tickets_per_year', 'urgent_ticket_share',
        'avg_resolution_hours', 'avg_csat', 'avg_rating', 'avg_sentiment',
    ]) }}
{%- endmacro %}


{# A survey dimension as the part of the portrait it belongs to. #}
{% macro part_of_dimension(dimension) -%}
case {{ dimension }}
            when 'goal' then 'goals'
            when 'pain_point' then 'pain_points'
            when 'background' then 'background'
            when 'satisfaction' then 'service'
            else 'psychographics'
        end
{%- endmacro %}
