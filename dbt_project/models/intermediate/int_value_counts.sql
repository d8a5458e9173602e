{# Customers counted by all that BG/NBD sees of them, by today's persona. By the
   week (past 200,000 customers) recency and tenure are means of the row. -#}
{{ config(materialized='table') }}

with

summaries as (

    select * from {{ ref('int_customer_purchase_summary') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}
    where persona_basis = 'today'

),

periods as (

    select * from {{ ref('int_value_periods') }}

),

cells as (

    select
        segments.persona_id,
        summaries.frequency,
        summaries.recency_days,
        summaries.tenure_days,
        summaries.mean_spend,
        floor(summaries.recency_days / periods.resolution_days)
            as recency_cell,
        floor(summaries.tenure_days / periods.resolution_days) as tenure_cell
    from summaries
    cross join periods
    inner join segments on summaries.customer_id = segments.customer_id

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
    ) as sum_mean_spend
from cells
group by persona_id, frequency, recency_cell, tenure_cell
