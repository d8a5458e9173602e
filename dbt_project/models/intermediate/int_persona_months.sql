{# The scorecard in numbers that add up: every persona, every month, exact. What
   is published of it, and with which rates, is in persona_kpis_monthly. -#}
{{ config(materialized='table') }}
{%- set subjects = persona_month_columns() %}

with recursive

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

orders as (

    select * from {{ ref('int_persona_order_months') }}

),

lapses as (

    select * from {{ ref('int_persona_lapse_months') }}

),

sessions as (

    select * from {{ ref('int_persona_session_months') }}

),

contacts as (

    select * from {{ ref('int_persona_contact_months') }}

),

spend as (

    select
        persona_basis,
        persona_id,
        month,
        sum(spend_amount) as marketing_spend,
        coalesce(sum(spend_amount) filter (where is_acquisition), 0)
            as acquisition_spend
    from {{ ref('int_persona_spend') }}
    group by persona_basis, persona_id, month

),

-- What nobody delivers is unknown, not nothing.
sessions_delivery as (

    select count(*) > 0 as is_known from sessions

),

contact_delivery as (

    select
        coalesce(sum(count_tickets) > 0, false) as has_tickets,
        coalesce(sum(count_touches) > 0, false) as has_touches
    from contacts

),

spend_delivery as (

    select count(*) > 0 as is_known from spend

),

persona_gaps as (

    select * from {{ ref('int_persona_gaps') }}

),

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

first_months as (
    {% for subject in subjects %}
    select min(month) as month from {{ subject }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

months as (

    select
        min(first_months.month) as month,
        max(as_of.as_of_month) as last_month
    from first_months
    cross join as_of

    union all

    select
        cast(month + interval 1 month as date) as month,
        last_month
    from months
    where month < last_month

),

complete as (

    select
        bases.persona_basis,
        persona_gaps.persona_id,
        months.month,
        persona_gaps.expected_gap_days,
        {%- for subject, columns in subjects.items() %}
        {%- for column in columns %}
        {%- set known = persona_month_delivery(subject, column) %}
        {% if known -%}
        case when {{ known }} then coalesce({{ subject }}.{{ column }}, 0) end
            as {{ column }},
        {%- else -%}
        coalesce({{ subject }}.{{ column }}, 0) as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- endfor %}
        coalesce(lapses.change_of_customers, 0) as change_of_customers,
        coalesce(lapses.change_of_lapsed, 0) as change_of_lapsed,
        coalesce(lapses.change_of_lapsed_90_days, 0)
            as change_of_lapsed_90_days
    from persona_gaps
    cross join bases
    cross join months
    cross join sessions_delivery
    cross join contact_delivery
    cross join spend_delivery
    {%- for subject in subjects %}
    left join {{ subject }}
        on
            bases.persona_basis = {{ subject }}.persona_basis
            and persona_gaps.persona_id = {{ subject }}.persona_id
            and months.month = {{ subject }}.month
    {%- endfor %}
    where months.month is not null

),

stocks as (

    select
        *,
        sum(change_of_customers) over until_then as count_customers,
        sum(change_of_lapsed) over until_then as lapsed_customers,
        sum(change_of_lapsed_90_days) over until_then
            as lapsed_customers_90_days
    from complete
    window until_then as (
        partition by persona_basis, persona_id
        order by month asc
        rows between unbounded preceding and current row
    )

),

-- Who could churn in a month: who had not by the end of the month before, and
-- who was new or came back since.
awaited as (

    select
        *,
        coalesce(
            lag(count_customers - lapsed_customers) over the_months, 0
        ) as live_customers_before,
        coalesce(
            lag(count_customers - lapsed_customers_90_days) over the_months, 0
        ) as live_customers_before_90_days
    from stocks
    window the_months as (
        partition by persona_basis, persona_id
        order by month asc
    )

)

select
    awaited.persona_basis,
    awaited.persona_id,
    awaited.month,
    last_day(awaited.month) <= as_of.as_of_date as is_complete,
    cast(awaited.expected_gap_days as bigint) as expected_gap_days,
    {%- for column in ['count_customers', 'lapsed_customers',
        'lapsed_customers_90_days', 'live_customers_before',
        'live_customers_before_90_days'] %}
    cast(awaited.{{ column }} as bigint) as {{ column }},
    {%- endfor %}
    {%- for columns in subjects.values() %}
    {%- set is_last = loop.last %}
    {%- for column in columns %}
    cast(awaited.{{ column }} as {{ persona_month_type(column) }})
        as {{ column }}{{ '' if is_last and loop.last else ',' }}
    {%- endfor %}
    {%- endfor %}
from awaited
cross join as_of
