{# What market research says of a metric, with the same figure of the company and
   of each persona over the same months, by the formulas of the scorecard and the
   persona of the month. Figures that rest on fewer customers than may be
   published are left out. -#}
{%- set formulas = kpi_formulas() -%}
{%- set columns = [] -%}
{%- for names in persona_month_columns().values() -%}
    {%- do columns.extend(names) -%}
{%- endfor -%}
{%- do columns.extend([
    'count_customers', 'live_customers_before', 'live_customers_before_90_days'
]) -%}
with

market_benchmarks as (

    select * from {{ ref('input_layer__market_benchmarks') }}

),

persona_months as (

    select * from {{ ref('int_persona_months') }}
    where persona_basis = 'month' and is_complete

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

-- A period is a year (2026), a quarter (2026-Q1) or a month (2026-01).
periods as (

    select distinct
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

persona_sums as (

    select
        periods.period,
        persona_months.persona_id,
        count(*) as count_months,
        {%- for column in columns %}
        sum(persona_months.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from persona_months
    inner join periods
        on
            extract(year from persona_months.month) = periods.period_year
            and (
                periods.period_quarter is null
                or extract(quarter from persona_months.month)
                = periods.period_quarter
            )
            and (
                periods.period_month is null
                or extract(month from persona_months.month)
                = periods.period_month
            )
    group by periods.period, persona_months.persona_id

),

company_sums as (

    select
        period,
        'company' as persona_id,
        max(count_months) as count_months,
        {%- for column in columns %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from persona_sums
    group by period

),

sums as (

    select * from persona_sums
    union all
    select * from company_sums

),

figures as (
    {% for kpi, formula in formulas.items() %}
    select
        '{{ kpi }}' as metric,
        '{{ formula.unit }}' as metric_unit,
        period,
        persona_id,
        count_months,
        case
            when {{ formula.rests_on }} >= {{ privacy_floor() }}
                then
                    {{ ratio('(' ~ formula.numerator ~ ')', formula.denominator) }}
        end as figure
    from sums
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

personas as (

    select distinct persona_id from persona_months

),

compared as (

    select
        market_benchmarks.metric,
        market_benchmarks.segment,
        market_benchmarks.period,
        market_benchmarks.publisher,
        personas.persona_id,
        persona_figures.figure as persona_value,
        company_figures.figure as company_value,
        cast(market_benchmarks.benchmark_value as double) as benchmark_value,
        market_benchmarks.unit,
        company_figures.count_months,
        case
            when
                market_benchmarks.metric not in (
                    {{ quoted_literals(formulas.keys()) | join(', ') }}
                )
                then 'the scorecard has no metric of this name'
            when company_figures.count_months is null
                then 'no complete month of the company lies in the period'
            when
                company_figures.metric_unit = 'money'
                and market_benchmarks.unit <> currencies.currency
                then 'the figure is in another currency than the company'
            when company_figures.figure is null
                then 'the data do not tell it'
            when persona_figures.figure is null
                then 'too few customers'
        end as reason
    from market_benchmarks
    cross join personas
    cross join currencies
    left join figures as persona_figures
        on
            market_benchmarks.metric = persona_figures.metric
            and market_benchmarks.period = persona_figures.period
            and personas.persona_id = persona_figures.persona_id
    left join figures as company_figures
        on
            market_benchmarks.metric = company_figures.metric
            and market_benchmarks.period = company_figures.period
            and company_figures.persona_id = 'company'

)

select
    metric,
    segment,
    period,
    publisher,
    persona_id,
    unit,
    case when reason is null then persona_value end as persona_value,
    case
        when reason is null or reason = 'too few customers' then company_value
    end as company_value,
    benchmark_value,
    case when reason is null then persona_value - benchmark_value end
        as persona_difference,
    case
        when reason is null or reason = 'too few customers'
            then company_value - benchmark_value
    end as company_difference,
    cast(coalesce(count_months, 0) as bigint) as count_months,
    reason,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from compared
cross join as_of
