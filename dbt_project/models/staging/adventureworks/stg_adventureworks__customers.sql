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
        nullif(concat_ws(' ', firstname, lastname), '') as customer_name,
        case upper(gender)
            when 'F' then 'female'
            when 'M' then 'male'
            when 'NA' then null
            else lower(gender)
        end as gender,
        case upper(maritalstatus)
            when 'M' then 'married'
            when 'S' then 'single'
            else lower(maritalstatus)
        end as marital_status,
        lower(educationlevel) as education,
        lower(occupation) as occupation,
        case when annualincome is not null then 'USD' end as income_currency,
        cast(null as varchar) as country,
        cast(null as varchar) as region,
        cast(null as varchar) as city,
        cast(null as varchar) as postal_code,
        cast(null as varchar) as language,
        cast(null as varchar) as acquisition_channel,

        -- numerics
        cast(null as integer) as age_min,
        cast(null as integer) as age_max,
        try_cast(annualincome as decimal(18, 4)) as income_min,
        try_cast(annualincome as decimal(18, 4)) as income_max,
        cast(null as integer) as household_size,
        try_cast(totalchildren as integer) as children_count,

        -- booleans
        try_cast(homeowner as boolean) as is_home_owner,
        cast(null as boolean) as has_email_consent,

        -- dates
        try_cast(birthdate as date) as birth_date,

        -- timestamps
        cast(null as timestamp) as registered_at,

        -- lineage
        {{ lineage('adventureworks') }},
        {{ cast_failures({
            'AnnualIncome': 'decimal(18,4)',
            'TotalChildren': 'integer',
            'HomeOwner': 'boolean',
            'BirthDate': 'date'
        }) }} as cast_failures

    from raw_customers

)

select * from mapped
