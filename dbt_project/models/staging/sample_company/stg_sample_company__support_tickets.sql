with

raw_support_tickets as (

    select * from {{ source('raw_sample_company', 'sample_company__support_tickets') }}

),

mapped as (

    select
        -- ids
        cast(ticket_id as varchar) as ticket_id,
        cast(customer_id as varchar) as customer_id,
        cast(order_id as varchar) as order_id,

        -- strings
        cast(channel as varchar) as channel,
        cast(category as varchar) as category,
        cast(priority as varchar) as priority,
        cast(ticket_text as varchar) as ticket_text,

        -- numerics
        try_cast(csat as integer) as csat,

        -- timestamps
        try_cast(opened_at as timestamp) as opened_at,
        try_cast(first_response_at as timestamp) as first_response_at,
        try_cast(resolved_at as timestamp) as resolved_at,

        -- lineage
        {{ lineage('sample_company') }},
        {{ cast_failures({
            'csat': 'integer',
            'opened_at': 'timestamp',
            'first_response_at': 'timestamp',
            'resolved_at': 'timestamp'
        }) }} as cast_failures

    from raw_support_tickets

)

select * from mapped
