with

raw_sales_lines as (

    select *
    from {{ source('raw_adventureworks', 'adventureworks__sales_lines') }}

),

-- Staging does not aggregate, but the file has lines alone: an order is its
-- first line. All lines of an order say the same of it.
first_lines as (

    select *
    from raw_sales_lines
    qualify
        row_number() over (
            partition by delivery_id, salesordernumber
            order by
                try_cast(orderdate as timestamp) asc nulls last,
                delivery_row asc
        ) = 1

),

mapped as (

    select
        -- ids
        {{ make_id('adventureworks', 'salesordernumber') }} as order_id,
        {{ make_id('adventureworks', 'customerkey') }} as customer_id,
        cast(null as varchar) as campaign_id,

        -- strings
        cast('web' as varchar) as channel,
        cast('completed' as varchar) as status,
        cast('USD' as varchar) as currency,
        case
            when try_cast(territorykey as integer) between 1 and 5
                then 'United States'
            when try_cast(territorykey as integer) = 6 then 'Canada'
            when try_cast(territorykey as integer) = 7 then 'France'
            when try_cast(territorykey as integer) = 8 then 'Germany'
            when try_cast(territorykey as integer) = 9 then 'Australia'
            when try_cast(territorykey as integer) = 10 then 'United Kingdom'
        end as country,

        -- numerics
        cast(0 as decimal(18, 4)) as discount_amount,
        cast(0 as decimal(18, 4)) as shipping_amount,

        -- timestamps
        try_cast(orderdate as timestamp) as ordered_at,

        -- lineage
        {{ lineage('adventureworks') }},
        {{ cast_failures({
            'TerritoryKey': 'integer',
            'OrderDate': 'timestamp'
        }) }} as cast_failures

    from first_lines

)

select * from mapped
