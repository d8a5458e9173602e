{# The currency of every amount that is told. Before it is, the build stops where
   amounts cannot be added up. XXX is what ISO 4217 writes for no currency: it
   stands where there are no orders yet. -#}
{{ config(materialized='table') }}
{{- refuse_mixed_currencies() }}
-- depends_on: {{ ref('input_layer__order_lines') }}
-- depends_on: {{ ref('input_layer__marketing_spend') }}
-- depends_on: {{ ref('input_layer__products') }}
-- depends_on: {{ ref('int_currency_rates') }}

with

orders as (

    select * from {{ ref('input_layer__orders') }}

)

select
    coalesce({{ reporting_currency_literal() }}, min(currency), 'XXX')
        as currency
from orders
