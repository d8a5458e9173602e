with

persona_claims as (

    select * from {{ source('ml_evidence', 'persona_claims') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_claims.trait_id,
    persona_claims.persona_id,
    persona_claims.part,
    persona_claims.trait,
    persona_claims.trait_value,
    persona_claims.words,
    persona_claims.statistic,
    persona_claims.unit,
    persona_claims.basis,
    persona_claims.source_entity,
    persona_claims.persona_value,
    persona_claims.baseline_value,
    persona_claims.lift,
    persona_claims.effect_size,
    persona_claims.interval_low,
    persona_claims.interval_high,
    persona_claims.p_value,
    persona_claims.adjusted_p_value,
    persona_claims.count_known,
    persona_claims.known_share,
    persona_claims.is_claim,
    persona_claims.difference_rank,
    persona_claims.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_claims
cross join as_of
inner join model on persona_claims.model_run_id = model.model_run_id
