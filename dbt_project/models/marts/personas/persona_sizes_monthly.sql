with

moves as (

    select * from {{ ref('persona_moves') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

sizes as (

    select
        to_persona_id as persona_id,
        month_end,
        min(model_run_id) as model_run_id,
        cast(sum(count_customers) as bigint) as count_customers
    from moves
    group by to_persona_id, month_end

),

hidden as (

    select
        *,
        {{ ratio(
            'count_customers', 'sum(count_customers) over (
            partition by month_end
        )'
        ) }} as customer_share,
        {{ is_below_floor('count_customers', 'month_end', 'persona_id') }}
            as is_hidden
    from sizes

)

select
    hidden.persona_id,
    hidden.month_end,
    case when not hidden.is_hidden then hidden.count_customers end
        as count_customers,
    case when not hidden.is_hidden then hidden.customer_share end
        as customer_share,
    hidden.is_hidden,
    hidden.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from hidden
cross join as_of
