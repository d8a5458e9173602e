{# What a campaign has cost until today, in the currency that amounts are told
   in. -#}
with

spend as (

    select * from {{ ref('input_layer__marketing_spend') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    spend.campaign_id,
    cast(sum({{ converted('spend.amount', 'rates') }}) as decimal(18, 4))
        as spend_amount
from spend
cross join as_of
{{- join_rate('rates', 'spend.currency', 'spend.spend_date') }}
where
    spend.campaign_id <> 'none'
    and spend.spend_date <= as_of.as_of_date
group by spend.campaign_id
