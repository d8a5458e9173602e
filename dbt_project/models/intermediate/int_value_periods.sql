{# When the backtest of values cuts: two thirds of the time from the first purchase
   to today are to learn from, the rest is to be predicted. And how fine time is
   counted when customers are: by the day, by the week past 200,000. -#}
{{ config(materialized='table') }}

with

orders as (

    select * from {{ ref('orders') }}
    where is_purchase and customer_id is not null

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

spans as (

    select
        min(orders.ordered_date) as first_date,
        max(as_of.as_of_date) as last_date,
        count(distinct orders.customer_id) as count_customers
    from orders
    cross join as_of

),

lengths as (

    select
        *,
        cast(
            {{ dbt.datediff('first_date', 'last_date', 'day') }} as bigint
        ) as count_days
    from spans
    where first_date is not null

)

select
    first_date,
    last_date,
    cast(
        {{ dbt.dateadd(
            'day', 'cast(floor(count_days * 2 / 3) as integer)', 'first_date'
        ) }} as date
    ) as cut_date,
    count_days - cast(floor(count_days * 2 / 3) as bigint) as horizon_days,
    -- The last month that was over at the cut: of its own month not all was known.
    cast(
        date_trunc(
            'month',
            {{ dbt.dateadd(
                'day', 'cast(floor(count_days * 2 / 3) as integer)', 'first_date'
            ) }}
        ) - interval 1 month as date
    ) as cut_persona_month,
    case when count_customers > 200000 then 7 else 1 end as resolution_days
from lengths
