{# The scorecard at a glance: every rate over the last 12 complete months, beside
   the company, the 12 months before and the newest figure of market research
   (of the segment "all" where there is one). -#}
with

figures as (

    select * from {{ ref('int_persona_figures') }}

),

market_benchmarks as (

    select * from {{ ref('input_layer__market_benchmarks') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

newest_benchmarks as (

    select
        market_benchmarks.metric,
        market_benchmarks.benchmark_value,
        market_benchmarks.period,
        market_benchmarks.publisher
    from market_benchmarks
    cross join currencies
    where
        market_benchmarks.unit in ('share', 'count', 'days', 'hours', 'score')
        or market_benchmarks.unit = currencies.currency
    qualify row_number() over (
        partition by market_benchmarks.metric
        order by
            market_benchmarks.period desc,
            case when market_benchmarks.segment = 'all' then 0 else 1 end asc,
            market_benchmarks.segment asc,
            market_benchmarks.publisher asc
    ) = 1

)

select
    own.persona_id,
    own.metric,
    case when own.unit = 'money' then currencies.currency else own.unit end
        as unit,
    own.figure as persona_value,
    company.figure as company_value,
    {{ ratio('own.figure', 'company.figure') }} as persona_per_company,
    own_before.figure as persona_value_before,
    company_before.figure as company_value_before,
    cast(newest_benchmarks.benchmark_value as double) as benchmark_value,
    newest_benchmarks.period as benchmark_period,
    newest_benchmarks.publisher as benchmark_publisher,
    cast(own.count_months as bigint) as count_months,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from figures as own
cross join currencies
cross join as_of
inner join figures as company
    on
        own.metric = company.metric
        and own.period = company.period
        and company.persona_id = 'company'
left join figures as own_before
    on
        own.metric = own_before.metric
        and own.persona_id = own_before.persona_id
        and own_before.period = '12 months before'
left join figures as company_before
    on
        own.metric = company_before.metric
        and company_before.persona_id = 'company'
        and company_before.period = '12 months before'
left join newest_benchmarks on own.metric = newest_benchmarks.metric
where own.period = 'last 12 months' and own.persona_id <> 'company'
