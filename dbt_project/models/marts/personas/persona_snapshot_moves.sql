{# Small cells are hidden, with as many others as it takes. Who knows how large
   each persona was then and is now knows all sums of a snapshot's table, along
   and across, so two rules hold:
   1. What is hidden of a line counts 11 customers together (or is all of it).
   2. Every hidden cell is a corner of a hidden rectangle round which customers
      could be shifted without a change of any sum: one more in two opposite
      corners and one less in the two others. So no cell can be computed, by
      whatever combination of lines. Where a cell is in none yet, the rectangle
      that hides the fewest customers is hidden too; what that adds is in the
      same rectangle, so once is enough. -#}
with

snapshots as (

    select * from {{ source('meta', 'persona_snapshots') }}

),

moves as (

    select * from {{ ref('int_snapshot_moves') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

small as (

    select
        snapshot_id,
        then_persona_id,
        now_persona_id,
        {{ is_below_floor(
            'count_customers', 'snapshot_id, then_persona_id', 'now_persona_id'
        ) }}
        or {{ is_below_floor(
            'count_customers', 'snapshot_id, now_persona_id', 'then_persona_id'
        ) }} as is_hidden
    from moves
    where count_customers > 0

),

cells as (

    select
        moves.snapshot_id,
        moves.then_persona_id,
        moves.now_persona_id,
        moves.count_customers,
        moves.count_then,
        coalesce(small.is_hidden, false) as is_hidden
    from moves
    left join small
        on
            moves.snapshot_id = small.snapshot_id
            and moves.then_persona_id = small.then_persona_id
            and moves.now_persona_id = small.now_persona_id

),

rectangles as (

    select
        corners.snapshot_id,
        corners.then_persona_id,
        corners.now_persona_id,
        opposite.then_persona_id as other_then_persona_id,
        opposite.now_persona_id as other_now_persona_id,
        case when opposite.is_hidden then 0 else opposite.count_customers end
        + case when beside.is_hidden then 0 else beside.count_customers end
        + case when below.is_hidden then 0 else below.count_customers end
            as count_more_customers,
        case when opposite.is_hidden then 0 else 1 end
        + case when beside.is_hidden then 0 else 1 end
        + case when below.is_hidden then 0 else 1 end as count_more_cells
    from cells as corners
    inner join cells as opposite
        on
            corners.snapshot_id = opposite.snapshot_id
            and corners.then_persona_id <> opposite.then_persona_id
            and corners.now_persona_id <> opposite.now_persona_id
    inner join cells as beside
        on
            corners.snapshot_id = beside.snapshot_id
            and corners.then_persona_id = beside.then_persona_id
            and opposite.now_persona_id = beside.now_persona_id
    inner join cells as below
        on
            corners.snapshot_id = below.snapshot_id
            and opposite.then_persona_id = below.then_persona_id
            and corners.now_persona_id = below.now_persona_id
    where
        corners.is_hidden
        and (
            opposite.count_customers > 0
            or (beside.count_customers > 0 and below.count_customers > 0)
        )

),

ranked as (

    select
        *,
        row_number() over (
            partition by snapshot_id, then_persona_id, now_persona_id
            order by
                count_more_customers asc,
                count_more_cells asc,
                other_then_persona_id asc,
                other_now_persona_id asc
        ) as place
    from rectangles

),

chosen as (

    select * from ranked
    where place = 1

),

hidden as (

    select
        snapshot_id,
        then_persona_id,
        now_persona_id
    from cells
    where is_hidden

    union

    select
        snapshot_id,
        other_then_persona_id as then_persona_id,
        other_now_persona_id as now_persona_id
    from chosen

    union

    select
        snapshot_id,
        then_persona_id,
        other_now_persona_id as now_persona_id
    from chosen

    union

    select
        snapshot_id,
        other_then_persona_id as then_persona_id,
        now_persona_id
    from chosen

)

select
    cells.snapshot_id,
    snapshots.name as snapshot_name,
    snapshots.taken_at,
    snapshots.as_of_date as then_as_of_date,
    cells.then_persona_id,
    cells.now_persona_id,
    case when hidden.snapshot_id is null then cells.count_customers end
        as count_customers,
    case
        when hidden.snapshot_id is null
            then {{ ratio('cells.count_customers', 'cells.count_then') }}
    end as customer_share,
    hidden.snapshot_id is not null as is_hidden,
    snapshots.model_run_id as then_model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from cells
inner join snapshots on cells.snapshot_id = snapshots.snapshot_id
cross join as_of
left join hidden
    on
        cells.snapshot_id = hidden.snapshot_id
        and cells.then_persona_id = hidden.then_persona_id
        and cells.now_persona_id = hidden.now_persona_id
where
    cells.count_customers > 0
    or hidden.snapshot_id is not null
