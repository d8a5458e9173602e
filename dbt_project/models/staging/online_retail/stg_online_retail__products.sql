with

raw_lines as (

    select * from {{ source('raw_online_retail', 'online_retail__lines') }}

),

-- Staging does not aggregate, but the file has lines alone, and clerks write
-- notes such as "damaged" where the name stands: the wording that most lines
-- carry is the name, and its first line stands for the product.
worded as (

    select
        stockcode,
        nullif(trim(description), '') as product_name,
        delivery_id,
        delivery_row,
        delivered_at,
        count(*) over (
            partition by stockcode, nullif(trim(description), '')
        ) as count_lines
    from raw_lines

),

named as (

    select *
    from worded
    qualify
        row_number() over (
            partition by stockcode
            order by
                case when product_name is null then 1 else 0 end asc,
                count_lines desc,
                product_name asc,
                delivery_id asc,
                delivery_row asc
        ) = 1

),

mapped as (

    select
        -- ids
        {{ make_id('online_retail', 'stockcode') }} as product_id,

        -- strings
        product_name,
        cast(null as varchar) as category,
        cast(null as varchar) as subcategory,
        cast(null as varchar) as brand,
        cast(null as varchar) as currency,

        -- numerics
        cast(null as decimal(18, 4)) as unit_cost,
        cast(null as decimal(18, 4)) as list_price,

        -- lineage
        {{ lineage('online_retail') }},
        cast(null as varchar) as cast_failures

    from named

)

select * from mapped
