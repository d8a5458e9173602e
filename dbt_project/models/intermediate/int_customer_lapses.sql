{# From when to when a customer has churned: no purchase within the gap that is
   expected of the persona they had at the last one (int_persona_gaps), or within
   90 days. churned_on is the first day beyond the gap; the next purchase ends
   it. -#}
{{ config(materialized='table') }}

with

orders as (

    select
        customer_id,
        ordered_date,
        cast(
            {{ dbt.dateadd(
                'day', '-days_since_previous_purchase', 'ordered_date'
            ) }} as date
        ) as previous_date,
        days_since_previous_purchase as gap_days
    from {{ ref('orders') }}
    where days_since_previous_purchase > 0

),

customers as (

    select
        customer_id,
        last_order_date
    from {{ ref('customers') }}
    where last_order_date is not null

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

persona_gaps as (

    select * from {{ ref('int_persona_gaps') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

shortest as (

    select least(90, min(expected_gap_days)) as gap_days
    from persona_gaps

),

-- The last purchase before a gap that may be too long, and the one after it.
pauses as (

    select
        orders.customer_id,
        orders.previous_date as bought_on,
        orders.ordered_date as returned_on
    from orders
    inner join shortest on orders.gap_days > shortest.gap_days

    union all

    select
        customer_id,
        last_order_date as bought_on,
        cast(null as date) as returned_on
    from customers

),

awaited as (

    select
        pauses.customer_id,
        segments.persona_basis,
        'expected' as churn_rule,
        pauses.returned_on,
        cast(
            {{ dbt.dateadd(
                'day', 'persona_gaps.expected_gap_days + 1', 'pauses.bought_on'
            ) }} as date
        ) as churned_on
    from pauses
    inner join segments
        on
            pauses.customer_id = segments.customer_id
            and pauses.bought_on >= segments.from_month
            and pauses.bought_on < segments.to_month
    inner join persona_gaps on segments.persona_id = persona_gaps.persona_id

    union all

    select
        pauses.customer_id,
        bases.persona_basis,
        '90_days' as churn_rule,
        pauses.returned_on,
        cast({{ dbt.dateadd('day', '91', 'pauses.bought_on') }} as date)
            as churned_on
    from pauses
    cross join bases

)

select
    awaited.customer_id,
    awaited.persona_basis,
    awaited.churn_rule,
    awaited.churned_on,
    awaited.returned_on,
    cast(date_trunc('month', awaited.churned_on) as date) as churned_month,
    cast(date_trunc('month', awaited.returned_on) as date) as returned_month
from awaited
cross join as_of
where
    awaited.churned_on <= as_of.as_of_date
    and (
        awaited.returned_on is null
        or awaited.returned_on >= awaited.churned_on
    )
