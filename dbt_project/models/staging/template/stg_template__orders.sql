with

raw_orders as (

    select * from {{ source('raw_template', 'template__orders') }}

),

mapped as (

    select
        -- ids
        cast(order_id as varchar) as order_id,
        cast(customer_id as varchar) as customer_id,
        cast(campaign_id as varchar) as campaign_id,

        -- strings
        cast(channel as varchar) as channel,
        cast(status as varchar) as status,
        cast(currency as varchar) as currency,
        cast(country as varchar) as country,

        -- numerics
        try_cast(discount_amount as decimal(18,4)) as discount_amount,
        try_cast(shipping_amount as decimal(18,4)) as shipping_amount,

        -- timestamps
        try_cast(ordered_at as timestamp) as ordered_at,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'discount_amount': 'decimal(18,4)',
            'shipping_amount': 'decimal(18,4)',
            'ordered_at': 'timestamp'
        }) }} as cast_failures

    from raw_orders

)

select * from mapped
