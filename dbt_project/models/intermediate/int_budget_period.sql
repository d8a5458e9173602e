{# The complete months whose money is planned anew: the last ones, as many as the
   var budget_months says, or as there has been spend. -#}
with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

spend as (

    select * from {{ ref('input_layer__marketing_spend') }}

),

last_months as (

    select
        as_of_date,
        case
            when
                as_of_date = cast(
                    as_of_month + interval 1 month - interval 1 day as date
                )
                then as_of_month
            else cast(as_of_month - interval 1 month as date)
        end as last_month
    from as_of

),

first_months as (

    select
        last_months.last_month,
        greatest(
            cast(
                last_months.last_month
                - interval {{ var('budget_months') | int - 1 }} month as date
            ),
            coalesce(
                cast(date_trunc('month', min(spend.spend_date)) as date),
                last_months.last_month
            )
        ) as first_month
    from last_months
    left join spend on last_months.as_of_date >= spend.spend_date
    group by last_months.last_month

)

select
    first_month as period_from,
    cast(last_month + interval 1 month - interval 1 day as date) as period_to,
    cast(
        (extract(year from last_month) - extract(year from first_month)) * 12
        + extract(month from last_month) - extract(month from first_month) + 1
        as bigint
    ) as count_months
from first_months
