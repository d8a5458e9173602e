-- Sums over orders mean nothing in mixed currencies: turn off a source, or
-- convert in its staging models.
select
    currency,
    count(*) as count_orders
from {{ ref('orders') }}
where (select count(distinct currency) from {{ ref('orders') }}) > 1
group by currency
