{# One row per persona with what is asked of it first: who, how many, worth what,
   how loyal, how content. Rates are those of the scorecard, over a year. -#}
{% set rates = {
    'average_order_value': 'decimal(18, 4)', 'acquisition_cost': 'decimal(18, 4)',
    'orders_per_customer_year': 'double', 'repeat_share': 'double',
    'retained_share': 'double', 'monthly_churn_share': 'double',
    'discount_share': 'double', 'return_share': 'double',
    'gross_margin_share': 'double', 'net_promoter_score': 'double',
    'customer_satisfaction_score': 'double', 'complaints_per_customer': 'double',
    'session_conversion_share': 'double', 'campaign_response_share': 'double'
} -%}
with

personas as (

    select * from {{ ref('personas') }}
    where parent_persona_id is null

),

labels as (

    select * from {{ ref('dim_persona') }}

),

scorecard as (

    select * from {{ ref('persona_scorecard') }}

),

persona_values as (

    select * from {{ ref('persona_value') }}

),

rates as (

    select
        persona_id,
        {%- for rate, type in rates.items() %}
        cast(
            max(case when metric = '{{ rate }}' then persona_value end)
            as {{ type }}
        ) as {{ rate }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from scorecard
    group by persona_id

)

select
    personas.persona_id,
    labels.persona_label,
    labels.persona_name,
    labels.persona_title,
    labels.persona_title_fa,
    labels.persona_title_vi,
    coalesce(personas.summary, 'Unknown') as summary,
    personas.verdict,
    personas.count_customers,
    personas.customer_share,
    personas.count_orders,
    personas.net_amount,
    personas.value_share,
    persona_values.clv_12m,
    persona_values.clv_share,
    persona_values.clv_per_customer,
    persona_values.clv_per_customer_low,
    persona_values.clv_per_customer_high,
    coalesce(persona_values.clv_basis, 'not valued') as clv_basis,
    {%- for rate in rates %}
    rates.{{ rate }},
    {%- endfor %}
    personas.currency,
    personas.as_of_date,
    {{ run_id_literal() }} as run_id
from personas
inner join labels on personas.persona_id = labels.persona_id
left join rates on personas.persona_id = rates.persona_id
left join persona_values on personas.persona_id = persona_values.persona_id
