with

persona_survey_gaps as (

    select * from {{ source('ml_evidence', 'persona_survey_gaps') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_survey_gaps.persona_id,
    persona_survey_gaps.language,
    persona_survey_gaps.part,
    persona_survey_gaps.question_id,
    persona_survey_gaps.question_text,
    persona_survey_gaps.answer_kind,
    persona_survey_gaps.answer_options,
    persona_survey_gaps.dimension,
    persona_survey_gaps.construct,
    persona_survey_gaps.reason,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_survey_gaps
cross join as_of
inner join model on persona_survey_gaps.model_run_id = model.model_run_id
