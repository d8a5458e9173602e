with

raw_reviews as (

    select * from {{ source('raw_template', 'template__reviews') }}

),

mapped as (

    select
        -- ids
        cast(review_id as varchar) as review_id,
        cast(customer_id as varchar) as customer_id,
        cast(product_id as varchar) as product_id,

        -- strings
        cast(review_text as varchar) as review_text,

        -- numerics
        try_cast(rating as integer) as rating,

        -- timestamps
        try_cast(reviewed_at as timestamp) as reviewed_at,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'rating': 'integer',
            'reviewed_at': 'timestamp'
        }) }} as cast_failures

    from raw_reviews

)

select * from mapped
