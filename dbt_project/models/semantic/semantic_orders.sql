with

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

segments as (

    select * from {{ ref('int_customer_segments') }}

)

select
    orders.order_id,
    orders.customer_id,
    {{ persona_ids() }},
    orders.campaign_id,
    orders.channel,
    orders.country,
    case
        when orders.customer_id is null then 'guest'
        when orders.purchase_number = 1 then 'new'
        when orders.purchase_number > 1 then 'returning'
        else 'no purchase'
    end as buyer_kind,
    orders.count_items,
    orders.gross_amount,
    orders.discount_amount,
    orders.return_amount,
    orders.net_amount,
    orders.costed_net_amount,
    case
        when orders.costed_net_amount <> 0 or orders.cost_amount <> 0
            then orders.costed_net_amount - orders.cost_amount
    end as margin_amount,
    orders.days_since_previous_purchase,
    orders.is_purchase,
    orders.ordered_at
from orders
{{- join_segments('orders', 'orders.ordered_at') }}
