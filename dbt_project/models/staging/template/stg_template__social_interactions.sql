with

raw_social_interactions as (

    select * from {{ source('raw_template', 'template__social_interactions') }}

),

mapped as (

    select
        -- ids
        cast(interaction_id as varchar) as interaction_id,
        cast(customer_id as varchar) as customer_id,

        -- strings
        cast(platform as varchar) as platform,
        cast(interaction_kind as varchar) as interaction_kind,
        cast(interaction_text as varchar) as interaction_text,

        -- numerics
        try_cast(sentiment as decimal(18,4)) as sentiment,

        -- timestamps
        try_cast(interacted_at as timestamp) as interacted_at,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'sentiment': 'decimal(18,4)',
            'interacted_at': 'timestamp'
        }) }} as cast_failures

    from raw_social_interactions

)

select * from mapped
