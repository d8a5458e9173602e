with

moves as (

    select * from {{ ref('int_customer_moves') }}

),

partitions as (

    select * from {{ ref('int_history_partitions') }}

),

periods as (

    select * from {{ ref('int_model_periods') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    moves.customer_id,
    moves.month_end,
    moves.from_persona_id,
    moves.to_persona_id,
    moves.compared_with,
    moves.confidence,
    moves.feature_1,
    moves.feature_1_share,
    moves.feature_1_before,
    moves.feature_1_after,
    moves.feature_2,
    moves.feature_2_share,
    moves.feature_2_before,
    moves.feature_2_after,
    moves.feature_3,
    moves.feature_3_share,
    moves.feature_3_before,
    moves.feature_3_after,
    greatest(moves.month_end, periods.in_force_from) as known_from,
    periods.in_force_to as known_to,
    moves.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from moves
inner join partitions
    on
        moves.model_run_id = partitions.model_run_id
        and moves.month_end = partitions.month_end
        and moves.data_version = partitions.data_version
inner join periods
    on
        moves.model_run_id = periods.model_run_id
        and (
            periods.in_force_to is null
            or moves.month_end < periods.in_force_to
        )
cross join as_of
