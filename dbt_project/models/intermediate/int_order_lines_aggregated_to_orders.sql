with

lines as (

    select * from {{ ref('int_order_lines_priced') }}

)

select
    order_id,
    count(*) as count_lines,
    sum(case when line_type = 'sale' then quantity else 0 end) as count_items,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(return_amount) as return_amount,
    sum(case when line_type = 'sale' then gross_amount else 0 end)
        as sale_amount
from lines
group by order_id
