with

order_lines as (

    select * from {{ ref('input_layer__order_lines') }}

),

multiplied as (

    select
        *,
        cast(quantity * unit_price as decimal(18, 4)) as line_amount,
        coalesce(discount_amount, 0) as line_discount_amount
    from order_lines

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
from multiplied
