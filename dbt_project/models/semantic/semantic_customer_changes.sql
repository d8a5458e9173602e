{# Who becomes a customer, and who churns, in a persona (+1), and who leaves it for
   another one or comes back (-1): summed from the beginning, how many there are
   at the end of a month. -#}
{%- set never = "date '9999-12-01'" %}
with

customers as (

    select
        customer_id,
        cast(date_trunc('month', first_order_date) as date) as first_month
    from {{ ref('customers') }}
    where first_order_date is not null

),

lapses as (

    select
        customer_id,
        churned_month,
        coalesce(returned_month, {{ never }}) as returned_month
    from {{ ref('int_customer_lapses') }}
    where persona_basis = 'month' and churn_rule = 'expected'

),

segments as (

    select * from {{ ref('int_customer_segments') }}
    where persona_basis = 'month'

),

stays as (

    select
        segments.customer_id,
        segments.persona_id,
        1 as customer,
        0 as lapsed_customer,
        greatest(customers.first_month, segments.from_month) as from_month,
        segments.to_month
    from customers
    inner join segments
        on
            customers.customer_id = segments.customer_id
            and customers.first_month < segments.to_month

    union all

    select
        segments.customer_id,
        segments.persona_id,
        0 as customer,
        1 as lapsed_customer,
        greatest(lapses.churned_month, segments.from_month) as from_month,
        least(lapses.returned_month, segments.to_month) as to_month
    from lapses
    inner join segments
        on
            lapses.customer_id = segments.customer_id
            and lapses.churned_month < segments.to_month
            and lapses.returned_month > segments.from_month

),

changes as (

    select
        customer_id,
        persona_id,
        customer as customer_change,
        lapsed_customer as lapsed_change,
        from_month as month
    from stays
    where from_month < to_month

    union all

    select
        customer_id,
        persona_id,
        -customer as customer_change,
        -lapsed_customer as lapsed_change,
        to_month as month
    from stays
    where from_month < to_month and to_month < {{ never }}

)

select * from changes
