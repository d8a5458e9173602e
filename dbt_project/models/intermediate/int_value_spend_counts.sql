{# Customers who came back, counted by all that Gamma-Gamma sees of them: their
   persona, how often they did, and their mean spend to the hundredth of its
   logarithm, with the mean of both in the row. Today, and at the cut of the
   backtest. -#}
{{ config(materialized='table') }}

with

summaries as (

    select * from {{ ref('int_customer_purchase_summary') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

periods as (

    select * from {{ ref('int_value_periods') }}

),

came_back as (

    select
        'today' as period,
        segments.persona_id,
        summaries.frequency,
        summaries.mean_spend
    from summaries
    inner join segments
        on
            summaries.customer_id = segments.customer_id
            and segments.persona_basis = 'today'
    where summaries.frequency > 0 and summaries.mean_spend > 0

    union all

    select
        'cut' as period,
        segments.persona_id,
        summaries.frequency_at_cut as frequency,
        summaries.mean_spend_at_cut as mean_spend
    from summaries
    cross join periods
    inner join segments
        on
            summaries.customer_id = segments.customer_id
            and segments.persona_basis = 'month'
            and periods.cut_persona_month >= segments.from_month
            and periods.cut_persona_month < segments.to_month
    where summaries.frequency_at_cut > 0 and summaries.mean_spend_at_cut > 0

)

select
    period,
    persona_id,
    frequency,
    round(ln(mean_spend), 2) as spend_cell,
    {{ ratio('sum(cast(mean_spend as decimal(28, 10)))', 'count(*)') }}
        as mean_spend,
    {{ ratio('sum(cast(ln(mean_spend) as decimal(28, 10)))', 'count(*)') }}
        as mean_log_spend,
    count(*) as count_customers
from came_back
group by period, persona_id, frequency, round(ln(mean_spend), 2)
