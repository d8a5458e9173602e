{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('input_layer__orders') }}

),

newest as (

    select max(cast(ordered_at as date)) as ordered_date
    from orders

),

settled as (

    select
        coalesce({{ as_of_literal() }}, ordered_date, date '2000-01-01')
            as as_of_date
    from newest

)

select
    as_of_date,
    cast(date_trunc('month', as_of_date) as date) as as_of_month,
    cast(
        date_trunc('month', as_of_date)
        - interval {{ var('window_months') | int - 1 }} month as date
    ) as window_start_month
from settled
