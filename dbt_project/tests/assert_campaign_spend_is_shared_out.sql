-- The personas' parts of a campaign's spend sum to it, to the last digit.
with

arms as (

    select
        campaign_id,
        sum(spend_amount) as spend_amount
    from {{ ref('int_campaign_arms') }}
    group by campaign_id
    having count(*) filter (where arm = 'treated') > 0

),

spend as (

    select * from {{ ref('int_campaign_spend') }}

)

select
    arms.campaign_id,
    arms.spend_amount as shared_amount,
    spend.spend_amount
from arms
left join spend on arms.campaign_id = spend.campaign_id
where arms.spend_amount <> coalesce(spend.spend_amount, 0)
