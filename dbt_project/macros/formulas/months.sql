{# The sums behind behaviour_formulas, once for today and for every month-end. #}
{% macro window_columns(subject) -%}
    {{ return({
        'orders': [
            'count_orders', 'count_lines', 'count_items', 'gross_amount',
            'discount_amount', 'return_amount', 'count_discounted_orders',
            'count_web_orders', 'count_app_orders', 'count_store_orders',
            'count_phone_orders', 'count_marketplace_orders',
            'count_morning_orders', 'count_afternoon_orders',
            'count_evening_orders', 'count_weekend_orders'
        ],
        'web_sessions': [
            'count_sessions', 'count_mobile_sessions', 'sum_pageviews',
            'count_sessions_with_order'
        ],
        'contacts': ['count_social_interactions', 'count_tickets', 'count_reviews']
    }[subject]) }}
{%- endmacro %}


{# CTEs: what was known of each buyer at the end of the months of a CTE with
   the columns month and window_start_month. The last one is `observed`, with
   the columns window_… and lifetime_…. Each rollup is joined with the months
   that look back on it and summed; that costs no more than windows over a dense
   table of months, and a single month costs a single month. With
   is_of_customers the CTE has a customer_id too, and only these are summed. #}
{% macro month_end_sums(months, is_of_customers=false) -%}
{%- set of_customers -%}
{%- if is_of_customers %}
            and rollups.customer_id = months.customer_id
{%- endif -%}
{%- endset -%}
orders_until as (

    select
        rollups.customer_id,
        months.month,
        months.month_end,
        min(rollups.month) filter (where rollups.count_orders > 0)
            as first_order_month,
        sum(rollups.count_orders) as lifetime_orders,
        sum(rollups.count_items) as lifetime_items,
        sum(rollups.gross_amount) as lifetime_gross_amount,
        sum(rollups.discount_amount) as lifetime_discount_amount,
        sum(rollups.return_amount) as lifetime_return_amount,
        {%- for column in window_columns('orders') %}
        coalesce(sum(rollups.{{ column }}) filter (
            where rollups.month >= months.window_start_month
        ), 0) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_orders_aggregated_to_customer_months') }} as rollups
    inner join {{ months }} as months
        on
            rollups.month <= months.month
            {{- of_customers }}
    group by rollups.customer_id, months.month, months.month_end
    having min(rollups.month) filter (where rollups.count_orders > 0) is not null

),
{% for subject, rollup in {
    'web_sessions': 'int_web_sessions_aggregated_to_customer_months',
    'contacts': 'int_contacts_aggregated_to_customer_months'
}.items() %}
{{ subject }}_until as (

    select
        rollups.customer_id,
        months.month,
        {%- for column in window_columns(subject) %}
        sum(rollups.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(rollup) }} as rollups
    inner join {{ months }} as months
        on
            rollups.month between months.window_start_month and months.month
            {{- of_customers }}
    group by rollups.customer_id, months.month

),
{% endfor %}
observed as (

    select
        orders_until.customer_id,
        orders_until.month,
        orders_until.month_end,
        {{ observed_months('orders_until.first_order_month', 'orders_until.month') }}
            as observed_months,
        {%- for column in window_columns('orders') + window_columns('web_sessions')
            + window_columns('contacts') %}
        {%- set subject = 'web_sessions' if column in window_columns('web_sessions')
            else 'contacts' if column in window_columns('contacts') else 'orders' %}
        {%- set type = 'decimal(18, 4)' if column.endswith('_amount') else 'bigint' %}
        cast(coalesce({{ subject }}_until.{{ column }}, 0) as {{ type }})
            as window_{{ modules.re.sub('^(count|sum)_', '', column) }},
        {%- endfor %}
        {%- for column in ['orders', 'items'] %}
        cast(orders_until.lifetime_{{ column }} as bigint)
            as lifetime_{{ column }},
        {%- endfor %}
        {%- for column in ['gross', 'discount', 'return'] %}
        cast(orders_until.lifetime_{{ column }}_amount as decimal(18, 4))
            as lifetime_{{ column }}_amount{{ ',' if not loop.last }}
        {%- endfor %}
    from orders_until
    left join web_sessions_until
        on
            orders_until.customer_id = web_sessions_until.customer_id
            and orders_until.month = web_sessions_until.month
    left join contacts_until
        on
            orders_until.customer_id = contacts_until.customer_id
            and orders_until.month = contacts_until.month

)
{%- endmacro %}


{# What of the segmentation features and their supports is not known of past
   months: with any of it there is no history. #}
{% macro features_without_history() -%}
    {%- set known = [
        'observed_months', 'window_orders', 'window_lines', 'window_items',
        'window_sessions', 'orders_per_year', 'avg_order_value',
        'avg_items_per_order', 'avg_lines_per_order', 'avg_item_price',
        'discount_share', 'discounted_order_share', 'return_share',
        'web_order_share', 'app_order_share', 'store_order_share',
        'phone_order_share', 'marketplace_order_share', 'morning_order_share',
        'afternoon_order_share', 'evening_order_share', 'weekend_order_share',
        'sessions_per_month', 'mobile_session_share', 'pageviews_per_session',
        'session_conversion_share', 'social_interactions_per_year',
        'tickets_per_year', 'reviews_per_year'
    ] -%}
    {%- set missing = [] -%}
    {%- for feature in var('segmentation_features') -%}
        {%- for name in [feature.name, feature.support] -%}
            {%- if name and name not in known and name not in missing -%}
                {%- do missing.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(missing) }}
{%- endmacro %}


{# The segmentation features whose drift can be seen: those with a past. #}
{% macro drift_features() -%}
    {%- set without = features_without_history() -%}
    {{ return(
        var('segmentation_features') | map(attribute='name')
        | reject('in', without) | list
    ) }}
{%- endmacro %}

{# CTEs: those of `partitions` (model and month) that the table does not hold
   yet, or holds of other data. The last one is `missing`. #}
{% macro missing_partitions() -%}
{%- if is_incremental() -%}
existing as (

    select distinct
        model_run_id,
        month_end,
        data_version
    from {{ this }}

),

missing as (

    select partitions.*
    from partitions
    left join existing
        on
            partitions.model_run_id = existing.model_run_id
            and partitions.month_end = existing.month_end
            and partitions.data_version = existing.data_version
    where existing.model_run_id is null

)
{%- else -%}
missing as (

    select * from partitions

)
{%- endif %}
{%- endmacro %}
