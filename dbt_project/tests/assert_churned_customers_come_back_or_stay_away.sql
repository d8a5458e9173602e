-- Whoever churned has come back or is lapsed, and a company's customers are those
-- who ever bought: flows and stocks tell the same.
with

running as (

    select
        persona_basis,
        month,
        sum(count_customers) as count_customers,
        sum(lapsed_customers) as lapsed_customers,
        sum(lapsed_customers_90_days) as lapsed_customers_90_days,
        sum(sum(new_customers)) over until_then as ever_new,
        sum(sum(churned_customers - reactivated_customers)) over until_then
            as ever_lapsed,
        sum(sum(churned_customers_90_days - reactivated_customers_90_days))
            over until_then as ever_lapsed_90_days
    from {{ ref('int_persona_months') }}
    group by persona_basis, month
    window until_then as (
        partition by persona_basis
        order by month asc
        rows between unbounded preceding and current row
    )

)

select *
from running
where
    count_customers <> ever_new
    or lapsed_customers <> ever_lapsed
    or lapsed_customers_90_days <> ever_lapsed_90_days
