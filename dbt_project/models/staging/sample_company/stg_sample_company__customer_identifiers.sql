with

raw_customer_identifiers as (

    select * from {{ source('raw_sample_company', 'sample_company__customer_identifiers') }}

),

mapped as (

    select
        -- ids
        cast(customer_id as varchar) as customer_id,

        -- strings
        cast(identifier_type as varchar) as identifier_type,
        cast(identifier_value as varchar) as identifier_value,

        -- timestamps
        try_cast(linked_at as timestamp) as linked_at,

        -- lineage
        {{ lineage('sample_company') }},
        {{ cast_failures({
            'linked_at': 'timestamp'
        }) }} as cast_failures

    from raw_customer_identifiers

)

select * from mapped
