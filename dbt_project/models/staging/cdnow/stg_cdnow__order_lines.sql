with

raw_purchases as (

    select * from {{ source('raw_cdnow', 'cdnow__purchases') }}

),

-- As in stg_cdnow__orders.
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
        ) }} as order_line_id,
        {{ make_id(
            'cdnow',
            "customer_id || '-' || purchase_date || '-' || purchase_of_the_day"
        ) }} as order_id,
        cast(null as varchar) as product_id,

        -- strings
        cast('sale' as varchar) as line_type,
        cast('USD' as varchar) as currency,

        -- numerics: the CDs are counted, but what each cost is not known, and
        -- amount / quantity is no amount of money. One line is one purchase.
        cast(1 as integer) as quantity,
        try_cast(amount as decimal(18, 4)) as unit_price,
        cast(0 as decimal(18, 4)) as discount_amount,

        -- lineage
        {{ lineage('cdnow') }},
        {{ cast_failures({'amount': 'decimal(18,4)'}) }} as cast_failures

    from numbered

)

select * from mapped
