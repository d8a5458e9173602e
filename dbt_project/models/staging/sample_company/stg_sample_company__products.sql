with

raw_products as (

    select * from {{ source('raw_sample_company', 'sample_company__products') }}

),

mapped as (

    select
        -- ids
        cast(product_id as varchar) as product_id,

        -- strings
        cast(product_name as varchar) as product_name,
        cast(category as varchar) as category,
        cast(subcategory as varchar) as subcategory,
        cast(brand as varchar) as brand,
        cast(currency as varchar) as currency,

        -- numerics
        try_cast(unit_cost as decimal(18,4)) as unit_cost,
        try_cast(list_price as decimal(18,4)) as list_price,

        -- lineage
        {{ lineage('sample_company') }},
        {{ cast_failures({
            'unit_cost': 'decimal(18,4)',
            'list_price': 'decimal(18,4)'
        }) }} as cast_failures

    from raw_products

)

select * from mapped
