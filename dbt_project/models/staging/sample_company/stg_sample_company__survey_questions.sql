with

raw_survey_questions as (

    select * from {{ source('raw_sample_company', 'sample_company__survey_questions') }}

),

mapped as (

    select
        -- ids
        cast(question_id as varchar) as question_id,
        cast(survey_id as varchar) as survey_id,

        -- strings
        cast(question_text as varchar) as question_text,
        cast(dimension as varchar) as dimension,
        cast(construct as varchar) as construct,
        cast(answer_kind as varchar) as answer_kind,

        -- numerics
        try_cast(scale_min as decimal(18,4)) as scale_min,
        try_cast(scale_max as decimal(18,4)) as scale_max,

        -- booleans
        try_cast(is_reverse_coded as boolean) as is_reverse_coded,

        -- lineage
        {{ lineage('sample_company') }},
        {{ cast_failures({
            'scale_min': 'decimal(18,4)',
            'scale_max': 'decimal(18,4)',
            'is_reverse_coded': 'boolean'
        }) }} as cast_failures

    from raw_survey_questions

)

select * from mapped
