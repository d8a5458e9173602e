-- The personas, unassigned included, sum to the company month by month.
with

kpis as (

    select
        month,
        sum(count_orders) as count_orders,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(return_amount) as return_amount,
        sum(net_amount) as net_amount
    from {{ ref('persona_kpis_monthly') }}
    group by month

),

company as (

    select
        cast(date_trunc('month', ordered_at) as date) as month,
        count(*) filter (where is_purchase) as count_orders,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(return_amount) as return_amount,
        sum(net_amount) as net_amount
    from {{ ref('orders') }}
    where is_counted
    group by cast(date_trunc('month', ordered_at) as date)

)

select
    company.month,
    company.net_amount as company_net_amount,
    kpis.net_amount as kpis_net_amount
from company
full outer join kpis on company.month = kpis.month
where
    coalesce(company.count_orders, 0) <> coalesce(kpis.count_orders, 0)
    or coalesce(company.gross_amount, 0) <> coalesce(kpis.gross_amount, 0)
    or coalesce(company.discount_amount, 0) <> coalesce(kpis.discount_amount, 0)
    or coalesce(company.return_amount, 0) <> coalesce(kpis.return_amount, 0)
    or coalesce(company.net_amount, 0) <> coalesce(kpis.net_amount, 0)
