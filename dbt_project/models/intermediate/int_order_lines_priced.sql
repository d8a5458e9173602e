with

order_lines as (

    select * from {{ ref('input_layer__order_lines') }}

),
{% if is_converting() %}
orders as (

    select
        order_id,
        cast(ordered_at as date) as ordered_date
    from {{ ref('input_layer__orders') }}

),
{% endif %}
converted as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.product_id,
        order_lines.source,
        order_lines.line_type,
        order_lines.currency,
        order_lines.quantity,
        order_lines.unit_price,
        {{ converted(
            'cast(order_lines.quantity * order_lines.unit_price as '
            ~ 'decimal(18, 4))',
            'rates'
        ) }} as line_amount,
        {{ converted('coalesce(order_lines.discount_amount, 0)', 'rates') }}
            as line_discount_amount
    from order_lines
    {%- if is_converting() %}
    inner join orders on order_lines.order_id = orders.order_id
    {%- endif %}
    {{- join_rate('rates', 'order_lines.currency', 'orders.ordered_date') }}

)

select
    order_line_id,
    order_id,
    product_id,
    source,
    line_type,
    currency,
    quantity,
    unit_price,
    case when line_amount > 0 then line_amount else 0 end as gross_amount,
    case when line_amount > 0 then line_discount_amount else 0 end
        as discount_amount,
    case when line_amount < 0 then -line_amount - line_discount_amount else 0 end
        as return_amount
from converted
