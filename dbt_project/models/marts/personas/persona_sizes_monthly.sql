with

months as (

    select * from {{ ref('int_customer_persona_months') }}

),

partitions as (

    select * from {{ ref('int_history_partitions') }}
    where in_force_to is null

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

in_force as (

    select months.*
    from months
    inner join partitions
        on
            months.model_run_id = partitions.model_run_id
            and months.month_end = partitions.month_end
            and months.data_version = partitions.data_version

),

settled as (

    select
        model_run_id,
        month_end,
        persona_id,
        count(*) as count_customers,
        count(*) filter (where previous_persona_id is null) as count_new,
        count(*) filter (where previous_persona_id <> persona_id) as count_in
    from in_force
    group by model_run_id, month_end, persona_id

),

raw as (

    select
        month_end,
        raw_persona_id as persona_id,
        count(*) as count_raw_customers
    from in_force
    group by month_end, raw_persona_id

),

outgoing as (

    select
        month_end,
        previous_persona_id as persona_id,
        count(*) as count_out
    from in_force
    where previous_persona_id <> persona_id
    group by month_end, previous_persona_id

),

keys as (

    select
        month_end,
        persona_id
    from settled
    union
    select
        month_end,
        persona_id
    from raw
    union
    select
        month_end,
        persona_id
    from outgoing

),

totals as (

    select
        month_end,
        min(model_run_id) as model_run_id,
        sum(count_customers) as count_customers
    from settled
    group by month_end

)

select
    keys.persona_id,
    keys.month_end,
    cast(coalesce(settled.count_customers, 0) as bigint) as count_customers,
    cast(coalesce(raw.count_raw_customers, 0) as bigint)
        as count_raw_customers,
    cast(coalesce(settled.count_new, 0) as bigint) as count_new,
    cast(coalesce(settled.count_in, 0) as bigint) as count_in,
    cast(coalesce(outgoing.count_out, 0) as bigint) as count_out,
    {{ ratio(
        'coalesce(settled.count_customers, 0)', 'totals.count_customers'
    ) }} as customer_share,
    totals.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from keys
inner join totals on keys.month_end = totals.month_end
left join settled
    on
        keys.month_end = settled.month_end
        and keys.persona_id = settled.persona_id
left join raw
    on
        keys.month_end = raw.month_end
        and keys.persona_id = raw.persona_id
left join outgoing
    on
        keys.month_end = outgoing.month_end
        and keys.persona_id = outgoing.persona_id
cross join as_of
