{# Customers who came back, counted by all that Gamma-Gamma sees of them: how often
   they did, and their mean spend to the hundredth of its logarithm, with the mean
   of both in the row. -#}
{{ config(materialized='table') }}

with

summaries as (

    select * from {{ ref('int_customer_purchase_summary') }}
    where frequency > 0 and mean_spend > 0

)

select
    frequency,
    round(ln(mean_spend), 2) as spend_cell,
    avg(mean_spend) as mean_spend,
    avg(ln(mean_spend)) as mean_log_spend,
    count(*) as count_customers
from summaries
group by frequency, round(ln(mean_spend), 2)
