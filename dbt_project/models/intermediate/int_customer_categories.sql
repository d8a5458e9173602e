{{ config(materialized='table') }}

with

order_lines as (

    select * from {{ ref('order_lines') }}
    where
        is_purchase
        and customer_id is not null
        and category is not null
        and line_type = 'sale'

)

select
    customer_id,
    category,
    count(*) as count_lines,
    sum(gross_amount - discount_amount) as purchase_amount,
    cast(min(date_trunc('month', ordered_at)) as date) as first_month
from order_lines
group by customer_id, category
