{# Margin is known of the lines whose product has a unit cost: costed_net_amount
   less cost_amount. A discount on the whole order falls on them by their part of
   the gross amount. -#}
with

delivered as (

    select * from {{ ref('input_layer__orders') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

orders as (

    select
        delivered.*,
        cast(delivered.ordered_at as date) as ordered_date,
        {{ converted('coalesce(delivered.discount_amount, 0)', 'rates') }}
            as order_discount_amount,
        {{ converted('coalesce(delivered.shipping_amount, 0)', 'rates') }}
            as order_shipping_amount
    from delivered
    {{- join_rate(
        'rates', 'delivered.currency', 'cast(delivered.ordered_at as date)'
    ) }}

),

order_totals as (

    select * from {{ ref('int_order_lines_aggregated_to_orders') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

priced as (

    select
        orders.order_id,
        orders.customer_id,
        orders.campaign_id,
        orders.source,
        coalesce(orders.channel, 'unknown') as channel,
        coalesce(orders.status, 'completed') as status,
        currencies.currency,
        orders.currency as order_currency,
        orders.country,
        coalesce(order_totals.count_lines, 0) as count_lines,
        coalesce(order_totals.count_items, 0) as count_items,
        coalesce(order_totals.gross_amount, 0) as gross_amount,
        coalesce(order_totals.discount_amount, 0)
        + orders.order_discount_amount as discount_amount,
        coalesce(order_totals.return_amount, 0) as return_amount,
        coalesce(order_totals.sale_amount, 0) as sale_amount,
        orders.order_shipping_amount as shipping_amount,
        coalesce(order_totals.costed_net_amount, 0)
        - case
            when order_totals.costed_gross_amount > 0
                then
                    orders.order_discount_amount
                    * cast(order_totals.costed_gross_amount as double)
                    / order_totals.gross_amount
            else 0
        end as costed_net_amount,
        coalesce(order_totals.cost_amount, 0) as cost_amount,
        coalesce(orders.status, 'completed') not in ('cancelled', 'pending')
        and orders.ordered_date <= as_of.as_of_date as is_counted,
        orders.ordered_date,
        orders.ordered_at
    from orders
    cross join as_of
    cross join currencies
    left join order_totals on orders.order_id = order_totals.order_id

),

judged as (

    select
        *,
        is_counted and sale_amount > 0 as is_purchase
    from priced

),

numbered as (

    select
        *,
        case
            when is_purchase and customer_id is not null
                then row_number() over of_the_customer
        end as purchase_number,
        case
            when is_purchase and customer_id is not null
                then lag(ordered_date) over of_the_customer
        end as previous_purchase_date
    from judged
    window of_the_customer as (
        partition by customer_id, is_purchase
        order by ordered_at asc, order_id asc
    )

)

select
    order_id,
    customer_id,
    campaign_id,
    source,
    channel,
    status,
    currency,
    order_currency,
    country,
    cast(count_lines as bigint) as count_lines,
    cast(count_items as bigint) as count_items,
    cast(gross_amount as decimal(18, 4)) as gross_amount,
    cast(discount_amount as decimal(18, 4)) as discount_amount,
    cast(return_amount as decimal(18, 4)) as return_amount,
    cast(gross_amount - discount_amount - return_amount as decimal(18, 4))
        as net_amount,
    cast(shipping_amount as decimal(18, 4)) as shipping_amount,
    cast(costed_net_amount as decimal(18, 4)) as costed_net_amount,
    cast(cost_amount as decimal(18, 4)) as cost_amount,
    cast(purchase_number as bigint) as purchase_number,
    cast(
        {{ dbt.datediff('previous_purchase_date', 'ordered_date', 'day') }}
        as bigint
    ) as days_since_previous_purchase,
    is_counted,
    is_purchase,
    ordered_date,
    ordered_at,
    {{ run_id_literal() }} as run_id
from numbered
