{# Figures of single customers are rounded: a pseudonym is not to be known by
   them. -#}
with

customer_values as (

    select * from {{ ref('int_customer_value') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    customer_values.customer_id,
    customer_values.persona_id,
    customer_values.method,
    round(customer_values.p_alive, 2) as p_alive,
    {%- for month in [3, 6, 12] %}
    round(customer_values.expected_orders_{{ month }}m, 1)
        as expected_orders_{{ month }}m,
    {%- endfor %}
    {%- for month in [3, 6, 12] %}
    cast(round(customer_values.expected_net_amount_{{ month }}m, 0) as decimal(18, 4))
        as expected_net_amount_{{ month }}m,
    {%- endfor %}
    cast(round(customer_values.clv_12m, 0) as decimal(18, 4)) as clv_12m,
    customer_values.clv_basis,
    currencies.currency,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from customer_values
cross join currencies
cross join as_of
