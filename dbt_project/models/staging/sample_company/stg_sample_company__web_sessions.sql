with

raw_web_sessions as (

    select * from {{ source('raw_sample_company', 'sample_company__web_sessions') }}

),

mapped as (

    select
        -- ids
        cast(session_id as varchar) as session_id,
        cast(customer_id as varchar) as customer_id,
        cast(order_id as varchar) as order_id,

        -- strings
        cast(device as varchar) as device,
        cast(traffic_source as varchar) as traffic_source,

        -- numerics
        try_cast(duration_seconds as integer) as duration_seconds,
        try_cast(pageviews as integer) as pageviews,
        try_cast(cart_additions as integer) as cart_additions,

        -- timestamps
        try_cast(started_at as timestamp) as started_at,

        -- lineage
        {{ lineage('sample_company') }},
        {{ cast_failures({
            'duration_seconds': 'integer',
            'pageviews': 'integer',
            'cart_additions': 'integer',
            'started_at': 'timestamp'
        }) }} as cast_failures

    from raw_web_sessions

)

select * from mapped
