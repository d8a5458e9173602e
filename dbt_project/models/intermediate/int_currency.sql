{# The currency of every amount that is told. -#}
{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('input_layer__orders') }}

)

select
    coalesce({{ reporting_currency_literal() }}, min(currency), 'XXX')
        as currency
from orders
