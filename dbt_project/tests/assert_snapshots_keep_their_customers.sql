-- Whoever was in a snapshot is in one persona now, or has left.
with

counted as (

    select
        snapshot_id,
        sum(count_customers) as count_customers
    from {{ ref('int_snapshot_moves') }}
    group by snapshot_id

)

select
    snapshots.snapshot_id,
    snapshots.count_customers,
    counted.count_customers as count_told
from {{ source('meta', 'persona_snapshots') }} as snapshots
left join counted on snapshots.snapshot_id = counted.snapshot_id
where snapshots.count_customers <> coalesce(counted.count_customers, 0)
