with

support_tickets as (

    select * from {{ ref('input_layer__support_tickets') }}

),

ticket_categories as (

    select * from {{ ref('ticket_categories') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    support_tickets.ticket_id,
    support_tickets.customer_id,
    {{ persona_ids() }},
    coalesce(support_tickets.channel, 'unknown') as channel,
    coalesce(support_tickets.category, 'unknown') as category,
    coalesce(support_tickets.priority, 'unknown') as priority,
    {{ seconds_between(
        'support_tickets.opened_at', 'support_tickets.first_response_at'
    ) }} / 3600.0 as first_response_hours,
    {{ seconds_between(
        'support_tickets.opened_at', 'support_tickets.resolved_at'
    ) }} / 3600.0 as resolution_hours,
    coalesce(ticket_categories.is_complaint, false) as is_complaint,
    support_tickets.opened_at
from support_tickets
cross join as_of
left join ticket_categories
    on support_tickets.category = ticket_categories.category
{{- join_segments('support_tickets', 'support_tickets.opened_at') }}
where cast(support_tickets.opened_at as date) <= as_of.as_of_date
