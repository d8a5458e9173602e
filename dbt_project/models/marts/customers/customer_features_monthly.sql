{{ config(materialized='view') }}

with

months as (

    select * from {{ ref('int_history_months') }}

),

{{ month_end_sums('months') }}

select
    customer_id,
    month_end,
    lifetime_orders,
    lifetime_items,
    lifetime_gross_amount,
    lifetime_discount_amount,
    lifetime_return_amount,
    window_orders,
    window_lines,
    window_items,
    window_sessions,
    window_gross_amount,
    window_discount_amount,
    window_return_amount,
    cast(observed_months as integer) as observed_months,
    {{ behaviour_formulas() }},
    {{ run_id_literal() }} as run_id
from observed
