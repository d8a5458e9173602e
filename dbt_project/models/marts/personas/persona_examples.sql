with

persona_examples as (

    select * from {{ source('ml_evidence', 'persona_examples') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_examples.persona_id,
    persona_examples.language,
    persona_examples.example_rank,
    persona_examples.description,
    persona_examples.count_alike,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_examples
cross join as_of
inner join model on persona_examples.model_run_id = model.model_run_id
