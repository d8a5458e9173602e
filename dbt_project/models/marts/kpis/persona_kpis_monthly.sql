with recursive

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

personas as (

    select * from {{ ref('personas') }}
    where parent_persona_id is null

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

customer_months as (

    select
        *,
        min(month) filter (where count_orders > 0) over (
            partition by customer_id
        ) as first_order_month,
        max(case when count_orders > 0 then month end) over (
            partition by customer_id
            order by month asc
            rows between unbounded preceding and 1 preceding
        ) as previous_active_month
    from {{ ref('int_orders_aggregated_to_customer_months') }}

),

guest_orders as (

    select
        cast(date_trunc('month', ordered_at) as date) as month,
        count(*) filter (where is_purchase) as count_orders,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(return_amount) as return_amount
    from {{ ref('orders') }}
    where is_counted and customer_id is null
    group by cast(date_trunc('month', ordered_at) as date)

),

activity as (

    select
        customer_personas.persona_id,
        customer_months.month,
        count(*) filter (where customer_months.count_orders > 0)
            as active_customers,
        count(*) filter (
            where
            customer_months.count_orders > 0
            and customer_months.month = customer_months.first_order_month
        ) as new_customers,
        count(*) filter (
            where
            customer_months.count_orders > 0
            and customer_months.previous_active_month
            = customer_months.month - interval 1 month
        ) as retained_customers,
        sum(customer_months.count_orders) as count_orders,
        sum(customer_months.gross_amount) as gross_amount,
        sum(customer_months.discount_amount) as discount_amount,
        sum(customer_months.return_amount) as return_amount
    from customer_months
    inner join customer_personas
        on customer_months.customer_id = customer_personas.customer_id
    group by customer_personas.persona_id, customer_months.month

    union all

    select
        'unassigned' as persona_id,
        month,
        0 as active_customers,
        0 as new_customers,
        0 as retained_customers,
        count_orders,
        gross_amount,
        discount_amount,
        return_amount
    from guest_orders

),

summed as (

    select
        persona_id,
        month,
        sum(active_customers) as active_customers,
        sum(new_customers) as new_customers,
        sum(retained_customers) as retained_customers,
        sum(count_orders) as count_orders,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(return_amount) as return_amount
    from activity
    group by persona_id, month

),

months as (

    select
        min(activity.month) as month,
        max(as_of.as_of_month) as last_month
    from activity
    cross join as_of

    union all

    select
        cast(month + interval 1 month as date) as month,
        last_month
    from months
    where month < last_month

),

complete as (

    select
        personas.persona_id,
        months.month,
        coalesce(summed.active_customers, 0) as active_customers,
        coalesce(summed.new_customers, 0) as new_customers,
        coalesce(summed.retained_customers, 0) as retained_customers,
        coalesce(summed.count_orders, 0) as count_orders,
        coalesce(summed.gross_amount, 0) as gross_amount,
        coalesce(summed.discount_amount, 0) as discount_amount,
        coalesce(summed.return_amount, 0) as return_amount
    from personas
    cross join months
    left join summed
        on
            personas.persona_id = summed.persona_id
            and months.month = summed.month
    where months.month is not null

),

running as (

    select
        *,
        sum(new_customers) over (
            partition by persona_id
            order by month asc
            rows between unbounded preceding and current row
        ) as count_customers,
        lag(active_customers) over (
            partition by persona_id
            order by month asc
        ) as previous_active_customers
    from complete

)

select
    running.persona_id,
    running.month,
    cast(running.count_customers as bigint) as count_customers,
    cast(running.new_customers as bigint) as new_customers,
    cast(running.active_customers as bigint) as active_customers,
    cast(running.retained_customers as bigint) as retained_customers,
    cast(running.count_orders as bigint) as count_orders,
    cast(running.gross_amount as decimal(18, 4)) as gross_amount,
    cast(running.discount_amount as decimal(18, 4)) as discount_amount,
    cast(running.return_amount as decimal(18, 4)) as return_amount,
    cast(
        running.gross_amount - running.discount_amount - running.return_amount
        as decimal(18, 4)
    ) as net_amount,
    {{ ratio(
        'running.active_customers - running.new_customers',
        'running.active_customers'
    ) }} as repeat_share,
    {{ ratio(
        'running.retained_customers', 'running.previous_active_customers'
    ) }} as retained_share,
    {{ ratio(
        'running.gross_amount - running.discount_amount',
        'running.count_orders'
    ) }} as average_order_value,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from running
cross join as_of
