{# How many customers churned and came back in a month, and by how many the
   customers and the churned ones of a persona changed from one month-end to the
   next. A change is counted where a span begins (+1) and where it ends (-1), so
   no row is needed for a month in which nothing happens. -#}
{%- set rules = {'expected': '', '90_days': '_90_days'} %}

with

lapses as (

    select * from {{ ref('int_customer_lapses') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

buyers as (

    select
        customer_id,
        cast(date_trunc('month', first_order_date) as date)
            as first_order_month
    from {{ ref('customers') }}
    where first_order_date is not null

),

-- The months at whose end a customer was a buyer, or had churned, in a persona.
spans as (

    select
        segments.persona_basis,
        segments.persona_id,
        'buyer' as churn_rule,
        greatest(buyers.first_order_month, segments.from_month) as from_month,
        segments.to_month
    from buyers
    inner join segments
        on
            buyers.customer_id = segments.customer_id
            and buyers.first_order_month < segments.to_month

    union all

    select
        segments.persona_basis,
        segments.persona_id,
        lapses.churn_rule,
        greatest(lapses.churned_month, segments.from_month) as from_month,
        least(
            coalesce(lapses.returned_month, date '9999-12-01'),
            segments.to_month
        ) as to_month
    from lapses
    inner join segments
        on
            lapses.customer_id = segments.customer_id
            and lapses.persona_basis = segments.persona_basis
            and lapses.churned_month < segments.to_month
            and coalesce(lapses.returned_month, date '9999-12-01')
            > segments.from_month

),

changes as (

    select
        persona_basis,
        persona_id,
        churn_rule,
        from_month as month,
        1 as change
    from spans
    where from_month < to_month

    union all

    select
        persona_basis,
        persona_id,
        churn_rule,
        to_month as month,
        -1 as change
    from spans
    where from_month < to_month and to_month < date '9999-12-01'

),

flows as (

    select
        segments.persona_basis,
        segments.persona_id,
        lapses.churned_month as month,
        'churned_' || lapses.churn_rule as flow
    from lapses
    inner join segments
        on
            lapses.customer_id = segments.customer_id
            and lapses.persona_basis = segments.persona_basis
            and lapses.churned_month >= segments.from_month
            and lapses.churned_month < segments.to_month

    union all

    select
        segments.persona_basis,
        segments.persona_id,
        lapses.returned_month as month,
        'returned_' || lapses.churn_rule as flow
    from lapses
    inner join segments
        on
            lapses.customer_id = segments.customer_id
            and lapses.persona_basis = segments.persona_basis
            and lapses.returned_month >= segments.from_month
            and lapses.returned_month < segments.to_month

),

counted as (

    select
        persona_basis,
        persona_id,
        month,
        'change_' || churn_rule as measure,
        sum(change) as amount
    from changes
    group by persona_basis, persona_id, month, churn_rule

    union all

    select
        persona_basis,
        persona_id,
        month,
        flow as measure,
        count(*) as amount
    from flows
    group by persona_basis, persona_id, month, flow

)

select
    persona_basis,
    persona_id,
    month,
    {%- for rule, suffix in rules.items() %}
    coalesce(sum(amount) filter (where measure = 'churned_{{ rule }}'), 0)
        as churned_customers{{ suffix }},
    coalesce(sum(amount) filter (where measure = 'returned_{{ rule }}'), 0)
        as reactivated_customers{{ suffix }},
    coalesce(sum(amount) filter (where measure = 'change_{{ rule }}'), 0)
        as change_of_lapsed{{ suffix }},
    {%- endfor %}
    coalesce(sum(amount) filter (where measure = 'change_buyer'), 0)
        as change_of_customers
from counted
group by persona_basis, persona_id, month
