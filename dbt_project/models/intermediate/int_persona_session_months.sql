{# Sessions of a persona's customers in a month; anonymous ones, and those of
   people who are no customers, under unassigned. -#}
with

customer_months as (

    select * from {{ ref('int_web_sessions_aggregated_to_customer_months') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

web_sessions as (

    select * from {{ ref('input_layer__web_sessions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

anonymous as (

    select
        cast(date_trunc('month', web_sessions.started_at) as date) as month,
        count(*) as count_sessions,
        count(web_sessions.order_id) as count_sessions_with_order
    from web_sessions
    cross join as_of
    where
        web_sessions.customer_id is null
        and cast(web_sessions.started_at as date) <= as_of.as_of_date
    group by cast(date_trunc('month', web_sessions.started_at) as date)

),

combined as (

    select
        bases.persona_basis,
        coalesce(segments.persona_id, 'unassigned') as persona_id,
        customer_months.month,
        1 as visitors,
        customer_months.count_sessions,
        customer_months.count_sessions_with_order,
        0 as count_anonymous_sessions
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
        0 as visitors,
        anonymous.count_sessions,
        anonymous.count_sessions_with_order,
        anonymous.count_sessions as count_anonymous_sessions
    from anonymous
    cross join bases

)

select
    persona_basis,
    persona_id,
    month,
    sum(visitors) as visitors,
    sum(count_sessions) as count_sessions,
    sum(count_sessions_with_order) as count_sessions_with_order,
    sum(count_anonymous_sessions) as count_anonymous_sessions
from combined
group by persona_basis, persona_id, month
