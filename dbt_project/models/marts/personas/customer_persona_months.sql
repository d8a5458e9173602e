{{ config(materialized='view') }}

with

months as (

    select * from {{ ref('int_customer_persona_months') }}

),

partitions as (

    select * from {{ ref('int_history_partitions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    months.customer_id,
    months.month_end,
    months.persona_id,
    months.previous_persona_id,
    months.raw_persona_id,
    months.recent_persona_id,
    months.runner_up_persona_id,
    months.confidence,
    months.is_settled,
    months.is_move,
    partitions.is_in_force,
    partitions.is_since_approval,
    months.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from months
inner join partitions
    on
        months.model_run_id = partitions.model_run_id
        and months.month_end = partitions.month_end
        and months.data_version = partitions.data_version
cross join as_of
