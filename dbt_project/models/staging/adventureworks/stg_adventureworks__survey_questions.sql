with

raw_survey_response as (

    select *
    from {{ source('raw_adventureworks', 'adventureworks__survey_response') }}

),

-- The file has answers alone; its one question stands for them all as soon as
-- there is an answer.
first_answer as (

    select *
    from raw_survey_response
    qualify
        row_number() over (
            order by delivery_id asc, delivery_row asc
        ) = 1

),

mapped as (

    select
        -- ids
        cast('adventureworks-product_interest' as varchar) as question_id,
        cast('adventureworks-survey_response' as varchar) as survey_id,

        -- strings
        cast('Which kind of product are you interested in?' as varchar)
            as question_text,
        cast('interest' as varchar) as dimension,
        cast('product_interest' as varchar) as construct,
        cast('choice' as varchar) as answer_kind,

        -- numerics
        cast(null as decimal(18, 4)) as scale_min,
        cast(null as decimal(18, 4)) as scale_max,

        -- booleans
        false as is_reverse_coded,

        -- lineage
        {{ lineage('adventureworks') }},
        cast(null as varchar) as cast_failures

    from first_answer

)

select * from mapped
