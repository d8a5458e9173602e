{# Every rate of the scorecard for every persona and the company, over the periods
   that somebody asks for: the last 12 complete months, the 12 before them, and
   those of market research. By the persona of the month; figures that rest on
   fewer customers than may be published are left out. -#}
{{ config(materialized='table') }}
{%- set formulas = kpi_formulas() -%}
{%- set columns = [] -%}
{%- for names in persona_month_columns().values() -%}
    {%- do columns.extend(names) -%}
{%- endfor -%}
{%- do columns.extend([
    'count_customers', 'live_customers_before', 'live_customers_before_90_days'
]) %}

with

market_benchmarks as (

    select distinct period from {{ ref('input_layer__market_benchmarks') }}

),

persona_months as (

    select * from {{ ref('int_persona_months') }}
    where persona_basis = 'month' and is_complete

),

months as (

    select distinct month from persona_months

),

newest as (

    select max(month) as month from months

),

-- A period is a year (2026), a quarter (2026-Q1) or a month (2026-01).
researched as (

    select
        period,
        try_cast(substr(period, 1, 4) as integer) as period_year,
        case
            when {{ matches('period', '^[0-9]{4}-Q[1-4]$') }}
                then cast(substr(period, 7, 1) as integer)
        end as period_quarter,
        case
            when {{ matches('period', '^[0-9]{4}-[0-9]{2}$') }}
                then cast(substr(period, 6, 2) as integer)
        end as period_month
    from market_benchmarks

),

period_months as (

    select
        researched.period,
        months.month
    from researched
    inner join months
        on
            extract(year from months.month) = researched.period_year
            and (
                researched.period_quarter is null
                or extract(quarter from months.month)
                = researched.period_quarter
            )
            and (
                researched.period_month is null
                or extract(month from months.month) = researched.period_month
            )

    union all

    select
        case
            when months.month > newest.month - interval 12 month
                then 'last 12 months'
            else '12 months before'
        end as period,
        months.month
    from months
    inner join newest on months.month > newest.month - interval 24 month

),

persona_sums as (

    select
        period_months.period,
        persona_months.persona_id,
        count(*) as count_months,
        {%- for column in columns %}
        sum(persona_months.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from persona_months
    inner join period_months on persona_months.month = period_months.month
    group by period_months.period, persona_months.persona_id

),

sums as (

    select * from persona_sums

    union all

    select
        period,
        'company' as persona_id,
        max(count_months) as count_months,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from persona_sums
    group by period

)
{% for kpi, formula in formulas.items() %}
select
    period,
    '{{ kpi }}' as metric,
    '{{ formula.unit }}' as unit,
    persona_id,
    count_months,
    case
        when {{ formula.rests_on }} >= {{ privacy_floor() }}
            then
                {{ ratio('(' ~ formula.numerator ~ ')', formula.denominator) }}
    end as figure
from sums
{{ 'union all' if not loop.last }}
{% endfor %}
