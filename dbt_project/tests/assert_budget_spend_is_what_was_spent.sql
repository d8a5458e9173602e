-- What the plan splits is the company's spend of the period, to the last digit.
with

spend as (

    select * from {{ ref('input_layer__marketing_spend') }}

),

periods as (

    select * from {{ ref('int_budget_period') }}

),

delivered as (

    select
        cast(
            coalesce(sum({{ converted('spend.amount', 'rates') }}), 0)
            as decimal(18, 4)
        ) as spend_amount
    from spend
    cross join periods
    {{- join_rate('rates', 'spend.currency', 'spend.spend_date') }}
    where
        spend.spend_date >= periods.period_from
        and spend.spend_date <= periods.period_to

),

planned as (

    select cast(coalesce(sum(spend_amount), 0) as decimal(18, 4)) as spend_amount
    from {{ ref('int_budget_spend') }}

)

select
    delivered.spend_amount as delivered_amount,
    planned.spend_amount as planned_amount
from delivered
cross join planned
where delivered.spend_amount <> planned.spend_amount
