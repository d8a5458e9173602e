with

raw_order_lines as (

    select * from {{ source('raw_sample_company', 'sample_company__order_lines') }}

),

mapped as (

    select
        -- ids
        cast(order_line_id as varchar) as order_line_id,
        cast(order_id as varchar) as order_id,
        cast(product_id as varchar) as product_id,

        -- strings
        cast(line_type as varchar) as line_type,
        cast(currency as varchar) as currency,

        -- numerics
        try_cast(quantity as integer) as quantity,
        try_cast(unit_price as decimal(18,4)) as unit_price,
        try_cast(discount_amount as decimal(18,4)) as discount_amount,

        -- lineage
        {{ lineage('sample_company') }},
        {{ cast_failures({
            'quantity': 'integer',
            'unit_price': 'decimal(18,4)',
            'discount_amount': 'decimal(18,4)'
        }) }} as cast_failures

    from raw_order_lines

)

select * from mapped
