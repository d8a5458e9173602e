with

months as (

    select * from {{ ref('int_customer_persona_months') }}

),

partitions as (

    select * from {{ ref('int_history_partitions') }}
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
    inner join partitions
        on
            months.model_run_id = partitions.model_run_id
            and months.month_end = partitions.month_end
            and months.data_version = partitions.data_version
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
