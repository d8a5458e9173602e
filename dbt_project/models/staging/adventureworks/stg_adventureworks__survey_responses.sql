with

raw_survey_response as (

    select *
    from {{ source('raw_adventureworks', 'adventureworks__survey_response') }}

),

mapped as (

    select
        -- ids
        {{ make_id('adventureworks', 'surveyresponsekey') }} as response_id,
        cast('adventureworks-product_interest' as varchar) as question_id,
        {{ make_id('adventureworks', 'customerkey') }} as customer_id,

        -- strings
        cast(productsubcategory as varchar) as answer_choice,
        cast(null as varchar) as answer_text,

        -- numerics
        cast(null as decimal(18, 4)) as answer_number,

        -- timestamps
        try_cast(date as timestamp) as answered_at,

        -- lineage
        {{ lineage('adventureworks') }},
        {{ cast_failures({'date': 'timestamp'}) }} as cast_failures

    from raw_survey_response

)

select * from mapped
