with

raw_sales_lines as (

    select *
    from {{ source('raw_adventureworks', 'adventureworks__sales_lines') }}

),

mapped as (

    select
        -- ids: no order has a product twice
        {{ make_id('adventureworks', "salesordernumber || '-' || productkey") }}
            as order_line_id,
        {{ make_id('adventureworks', 'salesordernumber') }} as order_id,
        {{ make_id('adventureworks', 'productkey') }} as product_id,

        -- strings
        cast('sale' as varchar) as line_type,
        cast('USD' as varchar) as currency,

        -- numerics
        cast(1 as integer) as quantity,
        try_cast(salesamount as decimal(18, 4)) as unit_price,
        cast(0 as decimal(18, 4)) as discount_amount,

        -- lineage
        {{ lineage('adventureworks') }},
        {{ cast_failures({'SalesAmount': 'decimal(18,4)'}) }} as cast_failures

    from raw_sales_lines

)

select * from mapped
