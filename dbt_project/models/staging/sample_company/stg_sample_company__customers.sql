with

raw_customers as (

    select * from {{ source('raw_sample_company', 'sample_company__customers') }}

),

mapped as (

    select
        -- ids
        cast(customer_id as varchar) as customer_id,

        -- strings
        cast(full_name as varchar) as customer_name,
        cast(gender as varchar) as gender,
        cast(marital_status as varchar) as marital_status,
        cast(education as varchar) as education,
        cast(occupation as varchar) as occupation,
        cast(income_currency as varchar) as income_currency,
        cast(country as varchar) as country,
        cast(region as varchar) as region,
        cast(city as varchar) as city,
        cast(postal_code as varchar) as postal_code,
        cast(language as varchar) as language,
        cast(acquisition_channel as varchar) as acquisition_channel,

        -- numerics
        {{ band_min('age_band') }} as age_min,
        {{ band_max('age_band') }} as age_max,
        {{ band_min('income', 'decimal(18,4)') }} as income_min,
        {{ band_max('income', 'decimal(18,4)') }} as income_max,
        try_cast(household_size as integer) as household_size,
        try_cast(children_count as integer) as children_count,

        -- booleans
        try_cast(is_home_owner as boolean) as is_home_owner,
        try_cast(has_email_consent as boolean) as has_email_consent,

        -- dates
        try_cast(birth_date as date) as birth_date,

        -- timestamps
        try_cast(registered_at as timestamp) as registered_at,

        -- lineage
        {{ lineage('sample_company') }},
        {{ cast_failures({
            'birth_date': 'date',
            'household_size': 'integer',
            'children_count': 'integer',
            'is_home_owner': 'boolean',
            'has_email_consent': 'boolean',
            'registered_at': 'timestamp'
        }) }} as cast_failures

    from raw_customers

)

select * from mapped
