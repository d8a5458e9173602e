with

raw_lines as (

    select * from {{ source('raw_online_retail', 'online_retail__lines') }}

),

-- Staging does not aggregate, but the file has lines alone: an invoice is its
-- first line. All lines of an invoice name the same customer and country; 43
-- invoices run over the turn of a minute.
first_lines as (

    select *
    from raw_lines
    qualify
        row_number() over (
            partition by delivery_id, invoiceno
            order by
                try_cast(invoicedate as timestamp) asc nulls last,
                delivery_row asc
        ) = 1

),

mapped as (

    select
        -- ids
        {{ make_id('online_retail', 'invoiceno') }} as order_id,
        {{ make_id('online_retail', 'customerid') }} as customer_id,
        cast(null as varchar) as campaign_id,

        -- strings
        cast('web' as varchar) as channel,
        case when invoiceno like 'C%' then 'returned' else 'completed' end
            as status,
        cast('GBP' as varchar) as currency,
        cast(country as varchar) as country,

        -- numerics
        cast(0 as decimal(18, 4)) as discount_amount,
        cast(0 as decimal(18, 4)) as shipping_amount,

        -- timestamps
        try_cast(invoicedate as timestamp) as ordered_at,

        -- lineage
        {{ lineage('online_retail') }},
        {{ cast_failures({'InvoiceDate': 'timestamp'}) }} as cast_failures

    from first_lines

)

select * from mapped
