with

months as (

    select * from {{ ref('customer_persona_months') }}
    where is_in_force

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

moves as (

    select
        months.model_run_id,
        months.month_end,
        coalesce(months.previous_persona_id, 'new') as from_persona_id,
        months.persona_id as to_persona_id,
        count(*) as count_customers,
        count(*) filter (where months.is_move) as count_settled_moves
    from months
    group by
        months.model_run_id,
        months.month_end,
        coalesce(months.previous_persona_id, 'new'),
        months.persona_id

)

select
    moves.from_persona_id,
    moves.to_persona_id,
    moves.month_end,
    moves.count_customers,
    {{ ratio(
        'moves.count_customers',
        'sum(moves.count_customers) over (
            partition by moves.month_end, moves.from_persona_id
        )'
    ) }} as from_share,
    moves.count_settled_moves,
    moves.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from moves
cross join as_of
