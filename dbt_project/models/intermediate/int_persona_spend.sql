{# Marketing spend, shared out among the personas, to the cent. What a campaign
   cost falls on the personas by the customers it treated; other spend by the
   customers who placed their first order in the month and whom the channel had
   brought; where it brought nobody, on unassigned. -#}
{{ config(materialized='table') }}

with

marketing_spend as (

    select * from {{ ref('input_layer__marketing_spend') }}

),

campaigns as (

    select * from {{ ref('input_layer__campaigns') }}

),

campaign_touches as (

    select * from {{ ref('input_layer__campaign_touches') }}
    where not is_held_out

),

customers as (

    select * from {{ ref('customers') }}
    where first_order_date is not null

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

spent as (

    select
        cast(date_trunc('month', marketing_spend.spend_date) as date) as month,
        marketing_spend.channel,
        marketing_spend.campaign_id,
        coalesce(campaigns.objective, 'acquisition') = 'acquisition'
            as is_acquisition,
        sum({{ converted('marketing_spend.amount', 'rates') }}) as spend_amount
    from marketing_spend
    cross join as_of
    left join campaigns
        on marketing_spend.campaign_id = campaigns.campaign_id
    {{- join_rate(
        'rates', 'marketing_spend.currency', 'marketing_spend.spend_date'
    ) }}
    where marketing_spend.spend_date <= as_of.as_of_date
    group by
        cast(date_trunc('month', marketing_spend.spend_date) as date),
        marketing_spend.channel,
        marketing_spend.campaign_id,
        coalesce(campaigns.objective, 'acquisition') = 'acquisition'

),

treated as (

    select
        segments.persona_basis,
        campaign_touches.campaign_id,
        segments.persona_id,
        count(*) as weight
    from campaign_touches
    inner join segments
        on
            campaign_touches.customer_id = segments.customer_id
            and cast(campaign_touches.touched_at as date) >= segments.from_month
            and cast(campaign_touches.touched_at as date) < segments.to_month
    group by
        segments.persona_basis,
        campaign_touches.campaign_id,
        segments.persona_id

),

treating as (

    select distinct campaign_id from treated

),

brought as (

    select
        segments.persona_basis,
        customers.acquisition_channel as channel,
        cast(date_trunc('month', customers.first_order_date) as date) as month,
        segments.persona_id,
        count(*) as weight
    from customers
    inner join segments
        on
            customers.customer_id = segments.customer_id
            and customers.first_order_date >= segments.from_month
            and customers.first_order_date < segments.to_month
    where customers.acquisition_channel is not null
    group by
        segments.persona_basis,
        customers.acquisition_channel,
        cast(date_trunc('month', customers.first_order_date) as date),
        segments.persona_id

),

weighted as (

    select
        treated.persona_basis,
        treated.persona_id,
        spent.month,
        spent.channel,
        spent.campaign_id,
        spent.is_acquisition,
        spent.spend_amount,
        treated.weight,
        'treated customers' as shared_by
    from spent
    inner join treated on spent.campaign_id = treated.campaign_id

    union all

    select
        bases.persona_basis,
        coalesce(brought.persona_id, 'unassigned') as persona_id,
        spent.month,
        spent.channel,
        spent.campaign_id,
        spent.is_acquisition,
        spent.spend_amount,
        coalesce(brought.weight, 1) as weight,
        case when brought.weight is null then 'nobody' else 'new customers' end
            as shared_by
    from spent
    cross join bases
    left join treating on spent.campaign_id = treating.campaign_id
    left join brought
        on
            bases.persona_basis = brought.persona_basis
            and spent.channel = brought.channel
            and spent.month = brought.month
    where treating.campaign_id is null

),

-- Parts of a running total, each end rounded down in ten-thousandths, so that
-- parts sum to the whole and no half is left to the accuracy of a division.
running as (

    select
        *,
        sum(weight) over of_the_spend as weight_until,
        sum(weight) over (
            partition by persona_basis, month, channel, campaign_id
        ) as weight_in_all
    from weighted
    window of_the_spend as (
        partition by persona_basis, month, channel, campaign_id
        order by persona_id asc
        rows between unbounded preceding and current row
    )

)

select
    persona_basis,
    persona_id,
    month,
    channel,
    campaign_id,
    is_acquisition,
    shared_by,
    cast(
        (
            floor(
                cast(spend_amount * 10000 as double) * weight_until
                / weight_in_all
            ) - floor(
                cast(spend_amount * 10000 as double) * (weight_until - weight)
                / weight_in_all
            )
        ) / 10000 as decimal(18, 4)
    ) as spend_amount
from running
