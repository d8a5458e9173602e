{# A customer as BI may see them: the persona, and two coarse properties wherever
   enough customers of the persona share both. Where fewer than the floor do, both
   say Other; where those would be too few in a persona, its smallest cell joins
   them. -#}
with

customers as (

    select * from {{ ref('customers') }}

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

described as (

    select
        customer_personas.customer_id,
        customer_personas.persona_id,
        coalesce(customer_personas.sub_persona_id, 'None') as sub_persona_id,
        customer_personas.assignment_reason,
        coalesce(customers.country, 'Unknown') as country,
        coalesce(customers.acquisition_channel, 'Unknown')
            as acquisition_channel,
        customer_personas.as_of_date
    from customer_personas
    inner join customers
        on customer_personas.customer_id = customers.customer_id

),

cells as (

    select
        persona_id,
        country,
        acquisition_channel,
        count(*) as count_customers
    from described
    group by persona_id, country, acquisition_channel

),

hidden as (

    select
        persona_id,
        country,
        acquisition_channel,
        {{ is_below_floor(
            'count_customers', 'persona_id', 'country asc, acquisition_channel'
        ) }} as is_hidden
    from cells

)

select
    described.customer_id,
    described.persona_id,
    described.sub_persona_id,
    described.assignment_reason,
    case when hidden.is_hidden then 'Other' else described.country end
        as country,
    case
        when hidden.is_hidden then 'Other' else described.acquisition_channel
    end as acquisition_channel,
    described.as_of_date,
    {{ run_id_literal() }} as run_id
from described
inner join hidden
    on
        described.persona_id = hidden.persona_id
        and described.country = hidden.country
        and described.acquisition_channel = hidden.acquisition_channel
