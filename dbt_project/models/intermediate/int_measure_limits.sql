{# The 1st and 99th percentile of each measure, over a sample that depends on
   nothing but the customers' ids: one absurd value moves no mean. -#}
{{ config(materialized='table') }}

with

customer_measures as (

    select * from {{ ref('int_customer_measures') }}

),

sampled as (

    select * from customer_measures
    order by md5(customer_id) asc, customer_id asc
    limit 10000

)

select
    {%- for trait in measured_traits() %}
    cast(
        percentile_disc(0.01) within group (order by {{ trait }}) as double
    ) as {{ trait }}_low,
    cast(
        percentile_disc(0.99) within group (order by {{ trait }}) as double
    ) as {{ trait }}_high{{ ',' if not loop.last }}
    {%- endfor %}
from sampled
