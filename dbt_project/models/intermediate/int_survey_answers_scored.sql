{# Answers to number questions on their scale from 0 to 1, turned where the
   question is reversed. -#}
with

survey_responses as (

    select * from {{ ref('input_layer__survey_responses') }}

),

survey_questions as (

    select * from {{ ref('input_layer__survey_questions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

scored as (

    select
        survey_responses.response_id,
        survey_responses.customer_id,
        survey_responses.question_id,
        survey_questions.dimension,
        survey_questions.construct,
        survey_responses.answered_at,
        case
            when survey_questions.is_reverse_coded
                then survey_questions.scale_max - survey_responses.answer_number
            else survey_responses.answer_number - survey_questions.scale_min
        end / (survey_questions.scale_max - survey_questions.scale_min)
            as answer_score
    from survey_responses
    cross join as_of
    inner join survey_questions
        on survey_responses.question_id = survey_questions.question_id
    where
        survey_responses.customer_id is not null
        and survey_questions.construct is not null
        and survey_questions.answer_kind = 'number'
        and cast(survey_responses.answered_at as date) <= as_of.as_of_date

)

select * from scored
where answer_score is not null
