with

raw_survey_responses as (

    select * from {{ source('raw_template', 'template__survey_responses') }}

),

mapped as (

    select
        -- ids
        cast(response_id as varchar) as response_id,
        cast(question_id as varchar) as question_id,
        cast(customer_id as varchar) as customer_id,

        -- strings
        cast(answer_choice as varchar) as answer_choice,
        cast(answer_text as varchar) as answer_text,

        -- numerics
        try_cast(answer_number as decimal(18,4)) as answer_number,

        -- timestamps
        try_cast(answered_at as timestamp) as answered_at,

        -- lineage
        {{ lineage('template') }},
        {{ cast_failures({
            'answer_number': 'decimal(18,4)',
            'answered_at': 'timestamp'
        }) }} as cast_failures

    from raw_survey_responses

)

select * from mapped
