with

raw_customers as (

    select *
    from {{ source('raw_adventureworks', 'adventureworks__customers') }}

),

mapped as (

    select
        -- ids
        {{ make_id('adventureworks', 'customerkey') }} as customer_id,

        -- strings
        cast('email' as varchar) as identifier_type,
        lower(emailaddress) as identifier_value,

        -- timestamps
        cast(null as timestamp) as linked_at,

        -- lineage
        {{ lineage('adventureworks') }},
        cast(null as varchar) as cast_failures

    from raw_customers
    where emailaddress is not null

)

select * from mapped
