with

raw_market_benchmarks as (

    select * from {{ source('raw_template', 'template__market_benchmarks') }}

),

mapped as (

    select
        -- strings
        cast(metric as varchar) as metric,
        cast(segment as varchar) as segment,
        cast(period as varchar) as period,
        cast(publisher as varchar) as publisher,
        cast(unit as varchar) as unit,

        -- numerics
        try_cast(benchmark_value as decimal(18,4)) as benchmark_value,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'benchmark_value': 'decimal(18,4)'
        }) }} as cast_failures

    from raw_market_benchmarks

)

select * from mapped
