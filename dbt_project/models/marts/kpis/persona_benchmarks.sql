{# What market research says of a metric, with the same figure of the company and
   of each persona over the same months, by the formulas of the scorecard. -#}
with

market_benchmarks as (

    select * from {{ ref('input_layer__market_benchmarks') }}

),

figures as (

    select * from {{ ref('int_persona_figures') }}

),

personas as (

    select distinct persona_id from {{ ref('int_persona_months') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

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
                    {{ quoted_literals(kpi_formulas().keys()) | join(', ') }}
                )
                then 'the scorecard has no metric of this name'
            when company_figures.count_months is null
                then 'no complete month of the company lies in the period'
            when
                company_figures.unit = 'money'
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
