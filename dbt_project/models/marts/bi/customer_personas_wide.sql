{# One row per customer with all that BI asks of one: who, since when, how sure,
   worth what. -#}
with

customers as (

    select * from {{ ref('dim_customer') }}

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

personas as (

    select * from {{ ref('dim_persona') }}

),

customer_values as (

    select * from {{ ref('customer_value') }}

)

select
    customers.customer_id,
    customers.persona_id,
    personas.persona_label,
    personas.persona_title,
    coalesce(sub_personas.persona_label, 'None') as sub_persona_label,
    customers.assignment_reason,
    customer_personas.confidence,
    coalesce(runners_up.persona_label, 'None') as runner_up_label,
    customers.country,
    customers.acquisition_channel,
    customer_values.p_alive,
    customer_values.expected_orders_12m,
    customer_values.expected_net_amount_12m,
    customer_values.clv_12m,
    coalesce(customer_values.clv_basis, 'not valued') as clv_basis,
    coalesce(customer_values.method, 'not valued') as value_method,
    customer_values.currency,
    customers.as_of_date,
    {{ run_id_literal() }} as run_id
from customers
inner join customer_personas
    on customers.customer_id = customer_personas.customer_id
inner join personas on customers.persona_id = personas.persona_id
left join personas as sub_personas
    on customers.sub_persona_id = sub_personas.persona_id
left join personas as runners_up
    on customer_personas.runner_up_persona_id = runners_up.persona_id
left join customer_values
    on customers.customer_id = customer_values.customer_id
