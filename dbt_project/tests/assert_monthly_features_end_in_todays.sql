-- The last month-end and today are two ways to the same numbers. One customer
-- in sixteen is enough to see it, and the view need not be computed whole.
select features.customer_id
from {{ ref('customer_features') }} as features
cross join {{ ref('int_as_of_date') }} as as_of
inner join {{ ref('customer_features_monthly') }} as monthly
    on
        features.customer_id = monthly.customer_id
        and as_of.as_of_month
        = cast(date_trunc('month', monthly.month_end) as date)
where
    md5(monthly.customer_id) like '0%'
    and (
        features.lifetime_orders <> monthly.lifetime_orders
        or features.lifetime_gross_amount <> monthly.lifetime_gross_amount
        or features.window_orders <> monthly.window_orders
        or features.observed_months <> monthly.observed_months
        or coalesce(features.weekend_order_share, -1)
        <> coalesce(monthly.weekend_order_share, -1)
        or coalesce(features.sessions_per_month, -1)
        <> coalesce(monthly.sessions_per_month, -1)
    )
