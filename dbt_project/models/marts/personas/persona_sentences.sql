with

persona_sentences as (

    select * from {{ source('ml_evidence', 'persona_sentences') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_sentences.persona_id,
    persona_sentences.language,
    persona_sentences.part,
    persona_sentences.position,
    persona_sentences.sentence,
    persona_sentences.trait_ids,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_sentences
cross join as_of
inner join model on persona_sentences.model_run_id = model.model_run_id
