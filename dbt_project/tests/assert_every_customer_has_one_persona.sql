-- A customer without a persona row would vanish from every KPI.
select customers.customer_id
from {{ ref('customers') }} as customers
left join {{ ref('customer_personas') }} as customer_personas
    on customers.customer_id = customer_personas.customer_id
where customer_personas.customer_id is null
