{# Messages that were sent: who was held out got none. A response is a purchase
   that names the campaign, after the message. -#}
with

campaign_touches as (

    select * from {{ ref('input_layer__campaign_touches') }}
    where not is_held_out

),

campaigns as (

    select * from {{ ref('input_layer__campaigns') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

responses as (

    select
        customer_id,
        campaign_id,
        max(ordered_at) as last_ordered_at
    from {{ ref('orders') }}
    where is_purchase and campaign_id is not null
    group by customer_id, campaign_id

)

select
    campaign_touches.touch_id,
    campaign_touches.customer_id,
    {{ persona_ids() }},
    campaign_touches.campaign_id,
    coalesce(campaigns.channel, 'unknown') as channel,
    coalesce(campaigns.channel = 'email', false) as is_email,
    campaign_touches.opened_at is not null as is_opened,
    campaign_touches.clicked_at is not null as is_clicked,
    coalesce(campaigns.channel = 'email', false)
    and campaign_touches.opened_at is not null as is_opened_email,
    coalesce(
        responses.last_ordered_at >= campaign_touches.touched_at, false
    ) as is_response,
    campaign_touches.touched_at
from campaign_touches
cross join as_of
left join campaigns on campaign_touches.campaign_id = campaigns.campaign_id
left join responses
    on
        campaign_touches.customer_id = responses.customer_id
        and campaign_touches.campaign_id = responses.campaign_id
{{- join_segments('campaign_touches', 'campaign_touches.touched_at') }}
where cast(campaign_touches.touched_at as date) <= as_of.as_of_date
