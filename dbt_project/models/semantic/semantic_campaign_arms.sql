{# Who was treated and who was held out, of campaigns that held somebody out, and
   whether they bought in the window: what a lift is made of. -#}
with

touches as (

    select
        *,
        bool_or(arm = 'held_out') over (partition by campaign_id)
            as is_randomised
    from {{ ref('int_campaign_touches') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_purchase and customer_id is not null

),

bought as (

    select distinct
        touches.campaign_id,
        touches.customer_id
    from touches
    inner join orders
        on
            touches.customer_id = orders.customer_id
            and touches.touched_at <= orders.ordered_at
            and touches.window_ends_at > orders.ordered_at

)

select
    touches.customer_id,
    touches.persona_id,
    touches.campaign_id,
    touches.arm,
    touches.arm = 'treated' as is_treated,
    touches.arm = 'held_out' as is_held_out,
    bought.customer_id is not null as has_bought,
    touches.touched_at
from touches
left join bought
    on
        touches.campaign_id = bought.campaign_id
        and touches.customer_id = bought.customer_id
where touches.is_randomised and touches.is_window_complete
