-- On either basis the cohorts hold every customer with a purchase once, and what
-- they hold of purchases and money, with that of guests and of customers who
-- never bought (a return alone, say), is the company's.
with

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

cohorts as (

    select
        persona_basis,
        sum(case when months_since = 0 then count_customers else 0 end)
            as count_customers,
        sum(count_orders) as count_orders,
        sum(net_amount) as net_amount
    from {{ ref('int_persona_cohorts') }}
    group by persona_basis

),

buyers as (

    select customer_id
    from {{ ref('orders') }}
    where purchase_number = 1

),

company as (

    select
        count(*) filter (where purchase_number = 1) as count_customers,
        count(*) filter (where is_purchase) as count_orders,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('orders') }}
    where is_counted

),

others as (

    select
        count(*) filter (where orders.is_purchase) as count_orders,
        coalesce(sum(orders.net_amount), 0) as net_amount
    from {{ ref('orders') }} as orders
    left join buyers on orders.customer_id = buyers.customer_id
    where orders.is_counted and buyers.customer_id is null

)

select
    bases.persona_basis,
    company.net_amount as company_net_amount,
    cohorts.net_amount as cohorts_net_amount,
    others.net_amount as others_net_amount
from bases
cross join company
cross join others
left join cohorts on bases.persona_basis = cohorts.persona_basis
where
    company.count_customers <> coalesce(cohorts.count_customers, 0)
    or company.count_orders
    <> coalesce(cohorts.count_orders, 0) + others.count_orders
    or company.net_amount
    <> coalesce(cohorts.net_amount, 0) + others.net_amount
