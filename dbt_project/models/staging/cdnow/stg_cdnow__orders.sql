with

raw_purchases as (

    select * from {{ source('raw_cdnow', 'cdnow__purchases') }}

),

-- The file has no order numbers: purchases are counted within a customer's
-- day, in the order of the file. Equal purchases stay apart, and one that is
-- delivered again gets the same key again.
numbered as (

    select
        *,
        row_number() over (
            partition by delivery_id, customer_id, purchase_date
            order by delivery_row asc
        ) as purchase_of_the_day
    from raw_purchases

),

mapped as (

    select
        -- ids
        {{ make_id(
            'cdnow',
            "customer_id || '-' || purchase_date || '-' || purchase_of_the_day"
        ) }} as order_id,
        {{ make_id('cdnow', 'customer_id') }} as customer_id,
        cast(null as varchar) as campaign_id,

        -- strings
        cast('web' as varchar) as channel,
        cast('completed' as varchar) as status,
        cast('USD' as varchar) as currency,
        cast(null as varchar) as country,

        -- numerics
        cast(0 as decimal(18, 4)) as discount_amount,
        cast(0 as decimal(18, 4)) as shipping_amount,

        -- timestamps
        try_cast(purchase_date as timestamp) as ordered_at,

        -- lineage
        {{ lineage('cdnow') }},
        {{ cast_failures({'purchase_date': 'timestamp'}) }} as cast_failures

    from numbered

)

select * from mapped
