with

persona_themes as (

    select * from {{ source('ml_evidence', 'persona_themes') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_themes.persona_id,
    persona_themes.theme_id,
    persona_themes.source_entity,
    persona_themes.theme_label,
    persona_themes.top_words,
    persona_themes.count_known,
    persona_themes.persona_value,
    persona_themes.baseline_value,
    persona_themes.is_claim,
    persona_themes.example_1,
    persona_themes.example_2,
    persona_themes.example_3,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_themes
cross join as_of
inner join model on persona_themes.model_run_id = model.model_run_id
