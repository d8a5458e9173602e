{{ config(materialized='table') }}

with

months as (

    select * from {{ ref('customer_persona_months') }}
    where
        previous_persona_id is null
        or previous_persona_id <> persona_id

),

periods as (

    select * from {{ ref('int_model_periods') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

stays as (

    select
        months.*,
        lead(months.month_end) over (
            partition by months.customer_id, months.model_run_id
            order by months.month_end asc
        ) as next_month_end
    from months

)

select
    stays.customer_id,
    stays.persona_id,
    stays.month_end as valid_from,
    case
        when
            periods.in_force_to is null
            or stays.next_month_end < periods.in_force_to
            then stays.next_month_end
    end as valid_to,
    greatest(stays.month_end, periods.in_force_from) as known_from,
    periods.in_force_to as known_to,
    stays.model_run_id,
    stays.confidence,
    stays.is_move,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from stays
inner join periods
    on
        stays.model_run_id = periods.model_run_id
        and (
            periods.in_force_to is null
            or stays.month_end < periods.in_force_to
        )
cross join as_of
