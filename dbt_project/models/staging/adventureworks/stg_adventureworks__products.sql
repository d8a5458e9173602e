with

raw_products as (

    select * from {{ source('raw_adventureworks', 'adventureworks__products') }}

),

mapped as (

    select
        -- ids
        {{ make_id('adventureworks', 'productkey') }} as product_id,

        -- strings
        cast(productname as varchar) as product_name,
        cast(category as varchar) as category,
        cast(subcategory as varchar) as subcategory,
        cast(null as varchar) as brand,
        cast('USD' as varchar) as currency,

        -- numerics
        try_cast(productcost as decimal(18, 4)) as unit_cost,
        try_cast(productprice as decimal(18, 4)) as list_price,

        -- lineage
        {{ lineage('adventureworks') }},
        {{ cast_failures({
            'ProductCost': 'decimal(18,4)',
            'ProductPrice': 'decimal(18,4)'
        }) }} as cast_failures

    from raw_products

)

select * from mapped
