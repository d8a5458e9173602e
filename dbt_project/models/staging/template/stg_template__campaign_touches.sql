with

raw_campaign_touches as (

    select * from {{ source('raw_template', 'template__campaign_touches') }}

),

mapped as (

    select
        -- ids
        cast(touch_id as varchar) as touch_id,
        cast(campaign_id as varchar) as campaign_id,
        cast(customer_id as varchar) as customer_id,

        -- booleans
        try_cast(is_held_out as boolean) as is_held_out,

        -- timestamps
        try_cast(touched_at as timestamp) as touched_at,
        try_cast(opened_at as timestamp) as opened_at,
        try_cast(clicked_at as timestamp) as clicked_at,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'is_held_out': 'boolean',
            'touched_at': 'timestamp',
            'opened_at': 'timestamp',
            'clicked_at': 'timestamp'
        }) }} as cast_failures

    from raw_campaign_touches

)

select * from mapped
