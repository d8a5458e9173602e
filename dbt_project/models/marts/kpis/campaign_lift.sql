{# What is said of each persona, without small cells; the exact figures are in
   schema ml. -#}
with

effects as (

    select * from {{ source('ml_campaigns', 'campaign_effects') }}

),

campaigns as (

    select * from {{ ref('input_layer__campaigns') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    effects.campaign_id,
    effects.persona_id,
    coalesce(campaigns.channel, 'unknown') as channel,
    effects.evidence,
    effects.verdict,
    effects.verdict_reason,
    currencies.currency,
    {{ shown('count_treated', 'has_hidden_counts') }},
    {{ shown('count_held_out', 'has_hidden_counts') }},
    {{ shown('count_matched', 'has_hidden_counts') }},
    {{ shown('count_treated_converted') }},
    {{ shown('count_compared_converted') }},
    {{ shown('count_customers_needed') }},
    {{ shown('treated_conversion_share') }},
    {{ shown('compared_conversion_share') }},
    {{ shown('lift') }},
    {{ shown('lift_low') }},
    {{ shown('lift_high') }},
    {{ shown('lift_ratio') }},
    {{ shown('lift_ratio_low') }},
    {{ shown('lift_ratio_high') }},
    {{ shown('p_value') }},
    {{ shown('adjusted_p_value') }},
    {{ shown('detectable_lift') }},
    {{ shown('incremental_orders') }},
    {{ shown('incremental_orders_low') }},
    {{ shown('incremental_orders_high') }},
    {{ shown('incremental_net_amount', data_type='decimal(18, 4)') }},
    {{ shown('incremental_net_amount_low', data_type='decimal(18, 4)') }},
    {{ shown('incremental_net_amount_high', data_type='decimal(18, 4)') }},
    {{ shown('incremental_margin_amount', data_type='decimal(18, 4)') }},
    {{ shown('incremental_margin_amount_low', data_type='decimal(18, 4)') }},
    {{ shown('incremental_margin_amount_high', data_type='decimal(18, 4)') }},
    {{ shown(
        'spend_amount', 'has_hidden_counts', data_type='decimal(18, 4)'
    ) }},
    {{ shown('return_basis') }},
    {{ shown('return_on_spend') }},
    {{ shown('return_on_spend_low') }},
    {{ shown('return_on_spend_high') }},
    effects.has_hidden_counts,
    effects.has_hidden_figures,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from effects
cross join currencies
cross join as_of
left join campaigns on effects.campaign_id = campaigns.campaign_id
