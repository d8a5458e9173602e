{# Who is in which persona and sub-persona: a customer counts in both. -#}
with

customer_personas as (

    select * from {{ ref('customer_personas') }}

)

select
    customer_id,
    persona_id,
    cast(null as varchar) as parent_persona_id,
    confidence,
    distance is not null as is_scored
from customer_personas

union all

select
    customer_id,
    sub_persona_id as persona_id,
    persona_id as parent_persona_id,
    sub_confidence as confidence,
    true as is_scored
from customer_personas
where sub_persona_id is not null
