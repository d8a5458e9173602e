{# How long a persona takes to come back: the gap between two days with a purchase
   within which nine of ten returns come (var churn_gap_quantile). By today's
   persona; where fewer than 30 returns are known, that of all customers. -#}
{{ config(materialized='table') }}
{%- set fewest_returns = 30 %}

with

orders as (

    select
        customer_id,
        days_since_previous_purchase as gap_days
    from {{ ref('orders') }}
    where days_since_previous_purchase > 0

),

today as (

    select
        customer_id,
        persona_id
    from {{ ref('int_customer_segments') }}
    where persona_basis = 'today'

),

personas as (

    select distinct persona_id from {{ ref('int_customer_segments') }}

    union

    select 'unassigned' as persona_id

),

company as (

    select
        percentile_cont({{ var('churn_gap_quantile') }}) within group (
            order by gap_days asc
        ) as gap_days
    from orders

),

persona_gaps as (

    select
        today.persona_id,
        count(*) as count_returns,
        percentile_cont({{ var('churn_gap_quantile') }}) within group (
            order by orders.gap_days asc
        ) as gap_days
    from orders
    inner join today on orders.customer_id = today.customer_id
    group by today.persona_id

)

select
    personas.persona_id,
    cast(ceil(
        case
            when persona_gaps.count_returns >= {{ fewest_returns }}
                then persona_gaps.gap_days
            else coalesce(company.gap_days, 90)
        end
    ) as integer) as expected_gap_days,
    coalesce(persona_gaps.count_returns, 0) as count_returns
from personas
cross join company
left join persona_gaps on personas.persona_id = persona_gaps.persona_id
