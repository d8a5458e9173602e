with

raw_campaigns as (

    select * from {{ source('raw_template', 'template__campaigns') }}

),

mapped as (

    select
        -- ids
        cast(campaign_id as varchar) as campaign_id,

        -- strings
        cast(campaign_name as varchar) as campaign_name,
        cast(channel as varchar) as channel,
        cast(objective as varchar) as objective,
        cast(message as varchar) as message,

        -- dates
        try_cast(starts_on as date) as starts_on,
        try_cast(ends_on as date) as ends_on,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'starts_on': 'date',
            'ends_on': 'date'
        }) }} as cast_failures

    from raw_campaigns

)

select * from mapped
