{% set customer_column = {
    'products': none, 'order_lines': none, 'survey_questions': none,
    'campaigns': none, 'marketing_spend': none, 'market_benchmarks': none,
} -%}
{% set date_column = {
    'customers': 'registered_at', 'customer_identifiers': 'linked_at',
    'orders': 'ordered_at', 'web_sessions': 'started_at',
    'social_interactions': 'interacted_at', 'survey_responses': 'answered_at',
    'support_tickets': 'opened_at', 'reviews': 'reviewed_at',
    'campaigns': 'starts_on', 'campaign_touches': 'touched_at',
    'marketing_spend': 'spend_date',
} -%}
with

counted as (
    {% for entity in entities() %}
    select
        '{{ entity }}' as entity,
        count(*) as count_rows,
        {% if entity in customer_column -%}
        cast(null as bigint)
        {%- else -%}
        count(distinct customer_id)
        {%- endif %} as customers_covered,
        {% if entity in date_column -%}
        cast(max({{ date_column[entity] }}) as date)
        {%- else -%}
        cast(null as date)
        {%- endif %} as newest_date
    from {{ ref('input_layer__' ~ entity) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

entity_uses as (

    select * from {{ ref('entity_uses') }}

),

totals as (

    select count(*) as count_customers
    from {{ ref('customers') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    cast(counted.entity as varchar) as entity,
    entity_uses.is_required,
    cast(counted.count_rows as bigint) as count_rows,
    cast(counted.customers_covered as bigint) as customers_covered,
    {{ ratio('counted.customers_covered', 'totals.count_customers') }}
        as customers_covered_share,
    counted.newest_date,
    cast(
        {{ dbt.datediff('counted.newest_date', 'as_of.as_of_date', 'day') }}
        as bigint
    ) as days_since_newest,
    case when counted.count_rows = 0 then entity_uses.unknown_without end
        as unknown_without,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from counted
cross join totals
cross join as_of
inner join entity_uses on counted.entity = entity_uses.entity
