with recursive

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

orders as (

    select * from {{ ref('orders') }}

),

days as (

    select
        coalesce(
            cast(
                date_trunc('month', min(orders.ordered_date) filter (
                    where orders.is_counted
                )) as date
            ),
            max(as_of.as_of_month)
        ) as date_day,
        max(as_of.as_of_date) as last_day
    from as_of
    left join orders on true

    union all

    select
        cast(date_day + interval 1 day as date) as date_day,
        last_day
    from days
    where date_day < last_day

)

select
    date_day,
    cast(date_trunc('month', date_day) as date) as date_month
from days
