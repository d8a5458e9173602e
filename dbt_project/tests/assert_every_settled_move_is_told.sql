-- What persona_moves counts of the model in force, customer_moves has by name.
with

persona_moves as (

    select * from {{ ref('persona_moves') }}

),

counted as (

    select
        month_end,
        from_persona_id,
        to_persona_id,
        count(*) as count_moves
    from {{ ref('customer_moves') }}
    where known_to is null
    group by
        month_end,
        from_persona_id,
        to_persona_id

)

select
    persona_moves.month_end,
    persona_moves.from_persona_id,
    persona_moves.to_persona_id,
    persona_moves.count_settled_moves,
    counted.count_moves
from persona_moves
full outer join counted
    on
        persona_moves.month_end = counted.month_end
        and persona_moves.from_persona_id = counted.from_persona_id
        and persona_moves.to_persona_id = counted.to_persona_id
where
    coalesce(persona_moves.count_settled_moves, 0)
    <> coalesce(counted.count_moves, 0)
