with

personas as (

    select * from {{ ref('personas') }}
    where parent_persona_id is null

)

select
    persona_id,
    persona_id as persona_today_id,
    persona_name,
    persona_title
from personas
