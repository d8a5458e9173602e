{# A table: as a view, DuckDB 2.0.0 takes sale_amount for 0 further up where no
   product has a cost (an optimiser's fault, see DECISIONS.md). -#}
{{ config(materialized='table') }}

with

lines as (

    select * from {{ ref('int_order_lines_priced') }}

),

products as (

    select
        product_id,
        unit_cost,
        currency as cost_currency
    from {{ ref('input_layer__products') }}

),
{% if is_converting() %}
orders as (

    select
        order_id,
        cast(ordered_at as date) as ordered_date
    from {{ ref('input_layer__orders') }}

),
{% endif %}
-- What comes back gives its cost back; a write-off is no purchase of anybody.
costed as (

    select
        lines.*,
        case
            when lines.line_type <> 'adjustment'
                then {{ converted('lines.quantity * products.unit_cost', 'rates') }}
        end as cost_amount
    from lines
    left join products on lines.product_id = products.product_id
    {%- if is_converting() %}
    inner join orders on lines.order_id = orders.order_id
    {%- endif %}
    {{- join_rate('rates', 'products.cost_currency', 'orders.ordered_date') }}

)

select
    order_id,
    count(*) as count_lines,
    sum(case when line_type = 'sale' then quantity else 0 end) as count_items,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(return_amount) as return_amount,
    sum(case when line_type = 'sale' then gross_amount else 0 end)
        as sale_amount,
    sum(gross_amount) filter (where cost_amount is not null)
        as costed_gross_amount,
    sum(gross_amount - discount_amount - return_amount)
        filter (where cost_amount is not null) as costed_net_amount,
    sum(cost_amount) as cost_amount
from costed
group by order_id
