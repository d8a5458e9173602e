with

customers as (

    select * from {{ ref('customers') }}

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

customer_values as (

    select * from {{ ref('int_customer_value') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    customers.customer_id,
    customer_personas.persona_id as persona_today_id,
    coalesce(customers.country, 'unknown') as country,
    coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
    coalesce(customers.gender, 'unknown') as gender,
    coalesce(customers.language, 'unknown') as language,
    coalesce(customers.has_email_consent, false) as has_email_consent,
    customers.first_order_date,
    customer_values.p_alive,
    customer_values.expected_orders_12m,
    customer_values.expected_net_amount_12m,
    customer_values.clv_12m,
    as_of.as_of_date
from customers
cross join as_of
inner join customer_personas
    on customers.customer_id = customer_personas.customer_id
left join customer_values
    on customers.customer_id = customer_values.customer_id
