with

persona_playbook as (

    select * from {{ source('ml_evidence', 'persona_playbook') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_playbook.persona_id,
    persona_playbook.language,
    persona_playbook.advice_kind,
    persona_playbook.position,
    persona_playbook.advice,
    persona_playbook.trait_ids,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_playbook
cross join as_of
inner join model on persona_playbook.model_run_id = model.model_run_id
