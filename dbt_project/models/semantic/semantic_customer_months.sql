{# Who bought in a month, and who could be retained in it because they had bought
   in the month before. -#}
with

customer_months as (

    select * from {{ ref('int_orders_aggregated_to_customer_months') }}
    where count_orders > 0

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

bought as (

    select
        customer_id,
        month,
        month = min(month) over (partition by customer_id) as is_new,
        lag(month) over (
            partition by customer_id
            order by month asc
        ) = month - interval 1 month as is_retained
    from customer_months

),

combined as (

    select
        customer_id,
        month,
        true as is_active,
        is_new,
        coalesce(is_retained, false) as is_retained,
        false as is_retainable
    from bought

    union all

    select
        bought.customer_id,
        cast(bought.month + interval 1 month as date) as month,
        false as is_active,
        false as is_new,
        false as is_retained,
        true as is_retainable
    from bought
    cross join as_of
    where bought.month < as_of.as_of_month

),

months as (

    select
        customer_id,
        month,
        bool_or(is_active) as is_active,
        bool_or(is_new) as is_new,
        bool_or(is_active) and not bool_or(is_new) as is_repeat,
        bool_or(is_retained) as is_retained,
        bool_or(is_retainable) as is_retainable
    from combined
    group by customer_id, month

)

select
    months.customer_id,
    {{ persona_ids() }},
    months.is_active,
    months.is_new,
    months.is_repeat,
    months.is_retained,
    months.is_retainable,
    months.month
from months
{{- join_segments('months', 'months.month') }}
