with

raw_lines as (

    select * from {{ source('raw_online_retail', 'online_retail__lines') }}

),

-- The file has no line numbers: lines are counted within their invoice, in
-- the order of the file. Equal lines stay apart, and an invoice that is
-- delivered again gets the same keys again.
numbered as (

    select
        *,
        row_number() over (
            partition by delivery_id, invoiceno
            order by delivery_row asc
        ) as line_number
    from raw_lines

),

mapped as (

    select
        -- ids
        {{ make_id('online_retail', "invoiceno || '-' || line_number") }}
            as order_line_id,
        {{ make_id('online_retail', 'invoiceno') }} as order_id,
        {{ make_id('online_retail', 'stockcode') }} as product_id,

        -- strings
        case
            when invoiceno like 'A%' then 'adjustment'
            when try_cast(quantity as integer) >= 0 then 'sale'
            when invoiceno like 'C%' then 'return'
            else 'adjustment'
        end as line_type,
        cast('GBP' as varchar) as currency,

        -- numerics
        try_cast(quantity as integer) as quantity,
        try_cast(unitprice as decimal(18, 4)) as unit_price,
        cast(0 as decimal(18, 4)) as discount_amount,

        -- lineage
        {{ lineage('online_retail') }},
        {{ cast_failures({
            'Quantity': 'integer',
            'UnitPrice': 'decimal(18,4)'
        }) }} as cast_failures

    from numbered

)

select * from mapped
