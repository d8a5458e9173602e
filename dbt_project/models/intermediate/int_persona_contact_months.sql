{# Tickets, answers and campaign touches of a persona's customers in a month;
   those of nobody known under unassigned. -#}
{%- set sums = persona_contact_columns() %}

with

customer_months as (

    select * from {{ ref('int_contacts_aggregated_to_customer_months') }}

),

contacts as (

    select * from {{ ref('int_contacts') }}
    where customer_id is null

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

anonymous as (

    select
        month,
        {{ contact_sums() }}
    from contacts
    group by month

),

combined as (

    select
        bases.persona_basis,
        coalesce(segments.persona_id, 'unassigned') as persona_id,
        customer_months.month,
        case when customer_months.count_tickets > 0 then 1 else 0 end
            as ticket_customers,
        case when customer_months.count_nps > 0 then 1 else 0 end
            as nps_customers,
        case when customer_months.count_csat_answers > 0 then 1 else 0 end
            as csat_customers,
        case when customer_months.count_touches > 0 then 1 else 0 end
            as touched_customers,
        {%- for column in sums %}
        customer_months.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from customer_months
    cross join bases
    left join segments
        on
            customer_months.customer_id = segments.customer_id
            and bases.persona_basis = segments.persona_basis
            and customer_months.month >= segments.from_month
            and customer_months.month < segments.to_month

    union all

    select
        bases.persona_basis,
        'unassigned' as persona_id,
        anonymous.month,
        anonymous.count_tickets as ticket_customers,
        anonymous.count_nps as nps_customers,
        anonymous.count_csat_answers as csat_customers,
        0 as touched_customers,
        {%- for column in sums %}
        anonymous.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from anonymous
    cross join bases

)

select
    persona_basis,
    persona_id,
    month,
    {%- for column in ['ticket_customers', 'nps_customers', 'csat_customers',
        'touched_customers'] + sums %}
    sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from combined
group by persona_basis, persona_id, month
