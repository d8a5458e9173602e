with

mapped as (
    {{ rows_of_all_sources('market_benchmarks') }}

),

judged as (

    select
        *,
        case
            when metric is null or segment is null or period is null or publisher is null
                then 'missing_key: metric or segment or period or publisher is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when benchmark_value is null
                then 'missing_value: benchmark_value is empty'
        end as fault
    from mapped

),

{{ settle('market_benchmarks', key=['metric', 'segment', 'period', 'publisher']) }}

select * from settled
