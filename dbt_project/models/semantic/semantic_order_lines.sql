with

order_lines as (

    select * from {{ ref('order_lines') }}
    where is_counted

),

segments as (

    select * from {{ ref('int_customer_segments') }}

)

select
    order_lines.order_line_id,
    order_lines.order_id,
    order_lines.product_id,
    order_lines.customer_id,
    {{ persona_ids() }},
    coalesce(order_lines.category, 'unknown') as category,
    coalesce(order_lines.subcategory, 'unknown') as subcategory,
    order_lines.line_type,
    order_lines.quantity,
    order_lines.net_amount,
    order_lines.ordered_at
from order_lines
{{- join_segments('order_lines', 'order_lines.ordered_at') }}
