{# Names and titles that people wrote into the seed persona_labels win. -#}
with

persona_texts as (

    select * from {{ source('ml_evidence', 'persona_texts') }}

),

persona_names as (

    select * from {{ source('ml_evidence', 'persona_names') }}

),

persona_labels as (

    select * from {{ ref('persona_labels') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_texts.persona_id,
    persona_texts.language,
    coalesce(persona_labels.persona_name, persona_names.persona_name)
        as persona_name,
    coalesce(persona_labels.persona_title, persona_texts.persona_title)
        as persona_title,
    persona_texts.summary,
    persona_texts.description,
    persona_texts.motto,
    persona_texts.motto_source,
    persona_texts.portrait_alt,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_texts
cross join as_of
inner join model on persona_texts.model_run_id = model.model_run_id
left join persona_names
    on
        persona_texts.persona_id = persona_names.persona_id
        and persona_texts.language = persona_names.language
left join persona_labels
    on
        persona_texts.persona_id = persona_labels.persona_id
        and persona_texts.language = persona_labels.language
