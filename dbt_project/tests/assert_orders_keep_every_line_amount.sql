-- What the lines of the input layer sum to is what the orders sum to, order
-- discounts aside: no line is lost or doubled on the way.
with

lines as (

    select
        sum(gross_amount) as gross_amount,
        sum(return_amount) as return_amount
    from {{ ref('int_order_lines_priced') }}

),

orders as (

    select
        sum(gross_amount) as gross_amount,
        sum(return_amount) as return_amount
    from {{ ref('orders') }}

)

select
    lines.gross_amount as lines_gross_amount,
    orders.gross_amount as orders_gross_amount
from lines
cross join orders
where
    coalesce(lines.gross_amount, 0) <> coalesce(orders.gross_amount, 0)
    or coalesce(lines.return_amount, 0) <> coalesce(orders.return_amount, 0)
