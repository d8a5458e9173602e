{# What the models of value see of a customer: today, and at the cut of the
   backtest. Purchases on one day are one. Repeat spend is what was paid (gross
   less discount) on the days after the first. -#}
{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}
    where is_purchase and customer_id is not null

),

periods as (

    select * from {{ ref('int_value_periods') }}

),

purchase_days as (

    select
        customer_id,
        ordered_date,
        sum(gross_amount - discount_amount) as paid_amount
    from orders
    group by customer_id, ordered_date

),

summed as (

    select
        purchase_days.customer_id,
        min(purchase_days.ordered_date) as first_date,
        max(purchase_days.ordered_date) as last_date,
        max(periods.last_date) as as_of_date,
        max(periods.cut_date) as cut_date,
        count(*) - 1 as frequency,
        sum(purchase_days.paid_amount) as paid_amount,
        min_by(purchase_days.paid_amount, purchase_days.ordered_date)
            as first_paid_amount,
        sum(purchase_days.paid_amount) filter (
            where purchase_days.ordered_date <= periods.cut_date
        ) as paid_amount_at_cut,
        max(purchase_days.ordered_date) filter (
            where purchase_days.ordered_date <= periods.cut_date
        ) as last_date_at_cut,
        count(*) filter (
            where purchase_days.ordered_date <= periods.cut_date
        ) - 1 as frequency_at_cut,
        count(*) filter (
            where purchase_days.ordered_date > periods.cut_date
        ) as purchases_after_cut
    from purchase_days
    cross join periods
    group by purchase_days.customer_id

),

gaps as (

    select
        customer_id,
        sum(count_order_gaps) as count_order_gaps,
        sum(sum_gap_days) as sum_gap_days,
        sum(sum_squared_gap_days) as sum_squared_gap_days
    from {{ ref('int_orders_aggregated_to_customer_months') }}
    group by customer_id

)

select
    summed.customer_id,
    cast(summed.frequency as bigint) as frequency,
    cast(
        {{ dbt.datediff('summed.first_date', 'summed.last_date', 'day') }}
        as bigint
    ) as recency_days,
    cast(
        {{ dbt.datediff('summed.first_date', 'summed.as_of_date', 'day') }}
        as bigint
    ) as tenure_days,
    case
        when summed.frequency > 0
            then
                cast(summed.paid_amount - summed.first_paid_amount as double)
                / summed.frequency
    end as mean_spend,
    {{ ratio(
        dbt.datediff('summed.first_date', 'summed.last_date', 'day'),
        'summed.frequency'
    ) }} as mean_gap_days,
    case
        when gaps.count_order_gaps > 1
            then sqrt(greatest(
                cast(gaps.sum_squared_gap_days as double)
                / gaps.count_order_gaps
                - cast(gaps.sum_gap_days as double) / gaps.count_order_gaps
                * cast(gaps.sum_gap_days as double) / gaps.count_order_gaps,
                0
            ))
    end as std_gap_days,
    case
        when summed.last_date_at_cut is not null
            then cast(summed.frequency_at_cut as bigint)
    end as frequency_at_cut,
    cast(
        {{ dbt.datediff(
            'summed.first_date', 'summed.last_date_at_cut', 'day'
        ) }} as bigint
    ) as recency_days_at_cut,
    case
        when summed.last_date_at_cut is not null
            then cast(
                {{ dbt.datediff('summed.first_date', 'summed.cut_date', 'day') }}
                as bigint
            )
    end as tenure_days_at_cut,
    case
        when summed.frequency_at_cut > 0
            then
                cast(
                    summed.paid_amount_at_cut - summed.first_paid_amount as double
                )
                / summed.frequency_at_cut
    end as mean_spend_at_cut,
    cast(summed.purchases_after_cut as bigint) as purchases_after_cut,
    cast(
        summed.paid_amount - coalesce(summed.paid_amount_at_cut, 0)
        as decimal(18, 4)
    ) as paid_amount_after_cut
from summed
left join gaps on summed.customer_id = gaps.customer_id
