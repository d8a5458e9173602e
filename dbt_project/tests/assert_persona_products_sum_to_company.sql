-- On either level the product groups of all personas hold the company's money of
-- the window to the cent, discounts on whole orders included.
with

levels as (

    select 'category' as level
    union all
    select 'subcategory' as level

),

products as (

    select
        level,
        sum(net_amount) as net_amount
    from {{ ref('int_persona_product_counts') }}
    group by level

),

company as (

    select coalesce(sum(orders.net_amount), 0) as net_amount
    from {{ ref('orders') }} as orders
    cross join {{ ref('int_as_of_date') }} as as_of
    where
        orders.is_counted
        and orders.ordered_date >= as_of.window_start_month

)

select
    levels.level,
    company.net_amount as company_net_amount,
    products.net_amount as products_net_amount
from levels
cross join company
left join products on levels.level = products.level
where company.net_amount <> coalesce(products.net_amount, 0)
