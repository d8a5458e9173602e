{# Customers counted by what was known at the cut, with what they bought after it;
   by the persona of the last month that was over. -#}
{{ config(materialized='table') }}

with

summaries as (

    select * from {{ ref('int_customer_purchase_summary') }}
    where frequency_at_cut is not null

),

segments as (

    select * from {{ ref('int_customer_segments') }}
    where persona_basis = 'month'

),

periods as (

    select * from {{ ref('int_value_periods') }}

),

cells as (

    select
        segments.persona_id,
        summaries.frequency_at_cut as frequency,
        summaries.recency_days_at_cut as recency_days,
        summaries.tenure_days_at_cut as tenure_days,
        summaries.mean_spend_at_cut as mean_spend,
        summaries.purchases_after_cut as purchases,
        summaries.paid_amount_after_cut as paid_amount,
        floor(summaries.recency_days_at_cut / periods.resolution_days)
            as recency_cell,
        floor(summaries.tenure_days_at_cut / periods.resolution_days)
            as tenure_cell
    from summaries
    cross join periods
    inner join segments
        on
            summaries.customer_id = segments.customer_id
            and periods.cut_persona_month >= segments.from_month
            and periods.cut_persona_month < segments.to_month

)

select
    persona_id,
    frequency,
    avg(recency_days) as recency_days,
    avg(tenure_days) as tenure_days,
    count(*) as count_customers,
    cast(
        coalesce(sum(cast(greatest(mean_spend, 0) as decimal(28, 10))), 0)
        as double
    ) as sum_mean_spend,
    cast(sum(paid_amount) as double) as sum_paid_amount,
    sum(purchases) as sum_orders,
    sum(purchases * purchases) as sum_squared_orders
from cells
group by persona_id, frequency, recency_cell, tenure_cell
