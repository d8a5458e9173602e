with

raw_marketing_spend as (

    select * from {{ source('raw_template', 'template__marketing_spend') }}

),

mapped as (

    select
        -- ids
        cast(campaign_id as varchar) as campaign_id,

        -- strings
        cast(channel as varchar) as channel,
        cast(currency as varchar) as currency,

        -- numerics
        try_cast(amount as decimal(18,4)) as amount,

        -- dates
        try_cast(spend_date as date) as spend_date,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'amount': 'decimal(18,4)',
            'spend_date': 'date'
        }) }} as cast_failures

    from raw_marketing_spend

)

select * from mapped
