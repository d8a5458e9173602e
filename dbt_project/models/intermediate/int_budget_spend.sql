{# The money of the period, by whom it reached. A campaign's falls on the personas
   of the customers it treated, rounding handed on, so that the parts sum to the
   whole; of all other money nobody knows whom it reached, and its persona is
   `all`. -#}
{{ config(materialized='table') }}

with

spend as (

    select * from {{ ref('input_layer__marketing_spend') }}

),

periods as (

    select * from {{ ref('int_budget_period') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

treated as (

    select
        campaign_id,
        channel,
        persona_id,
        count_customers + count_open_windows as count_treated
    from {{ ref('int_campaign_arms') }}
    where arm = 'treated' and count_customers + count_open_windows > 0

),

touching as (

    select
        campaign_id,
        min(channel) as channel
    from treated
    group by campaign_id

),

paid as (

    select
        touching.campaign_id,
        coalesce(touching.channel, spend.channel) as channel,
        sum({{ converted('spend.amount', 'rates') }}) as spend_amount
    from spend
    cross join periods
    {{- join_rate('rates', 'spend.currency', 'spend.spend_date') }}
    left join touching on spend.campaign_id = touching.campaign_id
    where
        spend.spend_date >= periods.period_from
        and spend.spend_date <= periods.period_to
    group by
        touching.campaign_id,
        coalesce(touching.channel, spend.channel)

),

running as (

    select
        paid.channel,
        paid.spend_amount,
        treated.persona_id,
        treated.count_treated,
        {{ ratio(
            'sum(treated.count_treated) over up_to_here',
            'sum(treated.count_treated) over of_the_campaign'
        ) }} as share_so_far,
        {{ ratio(
            'sum(treated.count_treated) over up_to_here'
            ~ ' - treated.count_treated',
            'sum(treated.count_treated) over of_the_campaign'
        ) }} as share_before
    from paid
    inner join treated on paid.campaign_id = treated.campaign_id
    window
        of_the_campaign as (partition by paid.campaign_id),
        up_to_here as (
            partition by paid.campaign_id
            order by treated.persona_id asc
            rows between unbounded preceding and current row
        )

),

parts as (

    select
        persona_id,
        channel,
        cast(
            round(spend_amount * share_so_far, 4)
            - round(spend_amount * share_before, 4)
            as decimal(18, 4)
        ) as spend_amount,
        count_treated
    from running

    union all

    select
        'all' as persona_id,
        channel,
        cast(spend_amount as decimal(18, 4)) as spend_amount,
        cast(0 as bigint) as count_treated
    from paid
    where campaign_id is null

)

select
    parts.persona_id,
    parts.channel,
    currencies.currency,
    cast(sum(parts.spend_amount) as decimal(18, 4)) as spend_amount,
    cast(sum(parts.count_treated) as bigint) as count_treated,
    periods.period_from,
    periods.period_to,
    periods.count_months
from parts
cross join currencies
cross join periods
group by
    parts.persona_id,
    parts.channel,
    currencies.currency,
    periods.period_from,
    periods.period_to,
    periods.count_months
