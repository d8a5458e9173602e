-- Sizes sum to the customers, amounts to the orders, shares to one.
with

personas as (

    select
        sum(count_customers) as count_customers,
        sum(count_orders) as count_orders,
        sum(net_amount) as net_amount
    from {{ ref('personas') }}
    where parent_persona_id is null

),

company as (

    select
        (select count(*) from {{ ref('customers') }}) as count_customers,
        count(*) filter (where is_purchase) as count_orders,
        coalesce(sum(net_amount), 0) as net_amount
    from {{ ref('orders') }}
    where is_counted

)

select
    personas.net_amount as personas_net_amount,
    company.net_amount as company_net_amount
from personas
cross join company
where
    personas.count_customers <> company.count_customers
    or personas.count_orders <> company.count_orders
    or personas.net_amount <> company.net_amount
