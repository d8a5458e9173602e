{# What the customers of a persona bought in a month. A customer was retained who
   bought in the month before too; both months count for the persona of the
   later one. -#}
with

customer_months as (

    select * from {{ ref('int_orders_aggregated_to_customer_months') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted and customer_id is null

),

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

active_months as (

    select
        customer_id,
        month,
        min(month) over (partition by customer_id) as first_order_month,
        lag(month) over (
            partition by customer_id
            order by month asc
        ) as previous_active_month
    from customer_months
    where count_orders > 0

),

activity as (

    select
        segments.persona_basis,
        segments.persona_id,
        active_months.month,
        count(*) as active_customers,
        count(*) filter (
            where active_months.month = active_months.first_order_month
        ) as new_customers,
        count(*) filter (
            where
            active_months.previous_active_month
            = active_months.month - interval 1 month
        ) as retained_customers
    from active_months
    inner join segments
        on
            active_months.customer_id = segments.customer_id
            and active_months.month >= segments.from_month
            and active_months.month < segments.to_month
    group by
        segments.persona_basis, segments.persona_id, active_months.month

),

-- Who could be retained: who bought in the month before.
retainable as (

    select
        segments.persona_basis,
        segments.persona_id,
        cast(active_months.month + interval 1 month as date) as month,
        count(*) as previous_active_customers
    from active_months
    cross join as_of
    inner join segments
        on
            active_months.customer_id = segments.customer_id
            and active_months.month + interval 1 month >= segments.from_month
            and active_months.month + interval 1 month < segments.to_month
    where active_months.month < as_of.as_of_month
    group by
        segments.persona_basis, segments.persona_id, active_months.month

),

amounts as (

    select
        segments.persona_basis,
        segments.persona_id,
        customer_months.month,
        sum(customer_months.count_orders) as count_orders,
        sum(customer_months.count_items) as count_items,
        sum(customer_months.gross_amount) as gross_amount,
        sum(customer_months.discount_amount) as discount_amount,
        sum(customer_months.return_amount) as return_amount,
        sum(customer_months.costed_net_amount) as costed_net_amount,
        sum(customer_months.cost_amount) as cost_amount,
        sum(customer_months.count_order_gaps) as count_order_gaps,
        sum(customer_months.sum_gap_days) as sum_gap_days,
        0 as count_guest_orders
    from customer_months
    inner join segments
        on
            customer_months.customer_id = segments.customer_id
            and customer_months.month >= segments.from_month
            and customer_months.month < segments.to_month
    group by
        segments.persona_basis, segments.persona_id, customer_months.month

    union all

    select
        bases.persona_basis,
        'unassigned' as persona_id,
        cast(date_trunc('month', orders.ordered_at) as date) as month,
        count(*) filter (where orders.is_purchase) as count_orders,
        coalesce(sum(orders.count_items) filter (where orders.is_purchase), 0)
            as count_items,
        sum(orders.gross_amount) as gross_amount,
        sum(orders.discount_amount) as discount_amount,
        sum(orders.return_amount) as return_amount,
        sum(orders.costed_net_amount) as costed_net_amount,
        sum(orders.cost_amount) as cost_amount,
        0 as count_order_gaps,
        0 as sum_gap_days,
        count(*) as count_guest_orders
    from orders
    cross join bases
    group by
        bases.persona_basis, cast(date_trunc('month', orders.ordered_at) as date)

),

combined as (

    select
        persona_basis,
        persona_id,
        month,
        active_customers,
        new_customers,
        retained_customers,
        0 as previous_active_customers,
        0 as count_orders,
        0 as count_items,
        0 as gross_amount,
        0 as discount_amount,
        0 as return_amount,
        0 as costed_net_amount,
        0 as cost_amount,
        0 as count_order_gaps,
        0 as sum_gap_days,
        0 as count_guest_orders
    from activity

    union all

    select
        persona_basis,
        persona_id,
        month,
        0 as active_customers,
        0 as new_customers,
        0 as retained_customers,
        previous_active_customers,
        0 as count_orders,
        0 as count_items,
        0 as gross_amount,
        0 as discount_amount,
        0 as return_amount,
        0 as costed_net_amount,
        0 as cost_amount,
        0 as count_order_gaps,
        0 as sum_gap_days,
        0 as count_guest_orders
    from retainable

    union all

    select
        persona_basis,
        persona_id,
        month,
        0 as active_customers,
        0 as new_customers,
        0 as retained_customers,
        0 as previous_active_customers,
        count_orders,
        count_items,
        gross_amount,
        discount_amount,
        return_amount,
        costed_net_amount,
        cost_amount,
        count_order_gaps,
        sum_gap_days,
        count_guest_orders
    from amounts

)

select
    persona_basis,
    persona_id,
    month,
    sum(active_customers) as active_customers,
    sum(new_customers) as new_customers,
    sum(active_customers) - sum(new_customers) as repeat_customers,
    sum(retained_customers) as retained_customers,
    sum(previous_active_customers) as previous_active_customers,
    sum(count_orders) as count_orders,
    sum(count_items) as count_items,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(return_amount) as return_amount,
    sum(costed_net_amount) as costed_net_amount,
    sum(cost_amount) as cost_amount,
    sum(count_order_gaps) as count_order_gaps,
    sum(sum_gap_days) as sum_gap_days,
    sum(count_guest_orders) as count_guest_orders
from combined
group by persona_basis, persona_id, month
