{# Months that a cohort spans as a literal; null where the var is empty. #}
{% macro cohort_months_literal() -%}
    {{ span_literal('cohort_months', 'cohorts are large enough') }}
{%- endmacro %}


{# The months of a flow, or null where the company decides. #}
{% macro flow_months_literal() -%}
    {{ span_literal('flow_months', 'flows are large enough') }}
{%- endmacro %}


{# The months that a var of 1, 3 or 12 says, or null where it is empty. #}
{% macro span_literal(name, aim) -%}
    {%- set text = var(name) | string -%}
    {%- if not text or text == 'None' -%}
cast(null as integer)
    {%- elif text in ('1', '3', '12') -%}
cast({{ text }} as integer)
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "The var " ~ name ~ " is '" ~ text ~ "': write 1, 3 or 12, or nothing "
        ~ "for the finest at which " ~ aim ~ "."
    ) }}
    {%- endif -%}
{%- endmacro %}


{# Days without a session after which a journey has ended. #}
{% macro journey_window_days() -%}
    {%- set text = var('journey_window_days') | string -%}
    {%- if modules.re.fullmatch('[1-9][0-9]{0,2}', text) -%}
{{ text }}
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "The var journey_window_days is '" ~ text ~ "': write a number of days "
        ~ "from 1 to 999."
    ) }}
    {%- endif -%}
{%- endmacro %}


{# Months from one first day of a month to another. #}
{% macro months_between(start, end) -%}
(
            (extract(year from {{ end }}) - extract(year from {{ start }})) * 12
            + extract(month from {{ end }}) - extract(month from {{ start }})
        )
{%- endmacro %}


{# The first month of the block of `months` months that a month lies in: the
   month itself, its quarter's first or January. #}
{% macro block_start(month, months) -%}
case {{ months }}
            when 1 then {{ month }}
            when 3 then cast(date_trunc('quarter', {{ month }}) as date)
            else cast(date_trunc('year', {{ month }}) as date)
        end
{%- endmacro %}


{# The cohorts on one basis, as they are published. #}
{% macro persona_cohorts(basis) -%}
with

persona_cohort_ages as (

    select * from {{ source('ml_affinity', 'persona_cohort_ages') }}
    where persona_basis = '{{ basis }}'

),

model as (

    select coalesce(max(model_run_id), '') as model_run_id
    from {{ ref('int_model_in_force') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_cohort_ages.persona_id,
    persona_cohort_ages.cohort_start,
    persona_cohort_ages.months_since,
    persona_cohort_ages.persona_basis,
    persona_cohort_ages.cohort_months,
    persona_cohort_ages.age_months,
    persona_cohort_ages.is_whole,
    persona_cohort_ages.count_customers,
    persona_cohort_ages.active_customers,
    persona_cohort_ages.retained_share,
    persona_cohort_ages.retained_low,
    persona_cohort_ages.retained_high,
    persona_cohort_ages.count_orders,
    persona_cohort_ages.net_amount,
    persona_cohort_ages.cumulative_net_amount,
    persona_cohort_ages.cumulative_net_amount_per_customer,
    currencies.currency,
    nullif(model.model_run_id, '') as model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_cohort_ages
cross join currencies
cross join as_of
inner join model on persona_cohort_ages.model_run_id = model.model_run_id
{%- endmacro %}
