{{ config(materialized='table') }}

with

months as (

    select * from {{ ref('int_customer_persona_months') }}
    where
        previous_persona_id is null
        or previous_persona_id <> persona_id

),

partitions as (

    select * from {{ ref('int_history_partitions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    months.customer_id,
    months.persona_id,
    months.month_end as valid_from,
    lead(months.month_end) over (
        partition by months.customer_id, months.model_run_id
        order by months.month_end asc
    ) as valid_to,
    greatest(months.month_end, partitions.in_force_from) as known_from,
    partitions.in_force_to as known_to,
    months.model_run_id,
    months.confidence,
    months.is_move,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from months
inner join partitions
    on
        months.model_run_id = partitions.model_run_id
        and months.month_end = partitions.month_end
        and months.data_version = partitions.data_version
cross join as_of
