{{ config(materialized='view') }}

with

lines as (

    select * from {{ ref('int_order_lines_priced') }}

),

orders as (

    select * from {{ ref('orders') }}

),

products as (

    select * from {{ ref('input_layer__products') }}

)

select
    lines.order_line_id,
    lines.order_id,
    orders.customer_id,
    lines.product_id,
    lines.source,
    products.category,
    products.subcategory,
    lines.line_type,
    orders.currency,
    lines.quantity,
    lines.unit_price,
    cast(lines.gross_amount as decimal(18, 4)) as gross_amount,
    cast(lines.discount_amount as decimal(18, 4)) as discount_amount,
    cast(lines.return_amount as decimal(18, 4)) as return_amount,
    cast(
        lines.gross_amount - lines.discount_amount - lines.return_amount
        as decimal(18, 4)
    ) as net_amount,
    orders.is_counted,
    orders.is_purchase,
    orders.ordered_date,
    orders.ordered_at
from lines
inner join orders on lines.order_id = orders.order_id
left join products on lines.product_id = products.product_id
