{# Every campaign, those too of which nobody knows whom they reached. -#}
with

known as (

    select * from {{ ref('input_layer__campaigns') }}

),

effects as (

    select * from {{ source('ml_campaigns', 'campaign_totals') }}

),

spend as (

    select * from {{ ref('int_campaign_spend') }}

),

touched as (

    select
        campaign_id,
        cast(sum(count_customers) as bigint) as count_customers,
        cast(sum(count_cut_short) as bigint) as count_cut_short,
        min(case when is_window_complete then 1 else 0 end) = 1
            as is_window_complete
    from {{ ref('int_campaign_arms') }}
    group by campaign_id

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    known.campaign_id,
    known.campaign_name,
    coalesce(known.channel, 'unknown') as channel,
    known.objective,
    effects.evidence,
    coalesce(effects.verdict, 'not enough data') as verdict,
    coalesce(
        effects.verdict_reason,
        case
            when touched.campaign_id is null
                then 'Nobody is known to have been touched.'
            else 'Not judged yet: the next run does.'
        end
    ) as verdict_reason,
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
    cast(coalesce(spend.spend_amount, 0) as decimal(18, 4)) as spend_amount,
    {{ shown('return_basis') }},
    {{ shown('return_on_spend') }},
    {{ shown('return_on_spend_low') }},
    {{ shown('return_on_spend_high') }},
    case
        when
            touched.count_cut_short = 0
            or least(
                touched.count_cut_short,
                touched.count_customers - touched.count_cut_short
            ) >= {{ privacy_floor() }}
            then {{ ratio(
                'touched.count_cut_short', 'touched.count_customers'
            ) }}
    end as cut_short_share,
    effects.count_personas,
    effects.heterogeneity_p_value,
    effects.adjusted_heterogeneity_p_value,
    effects.split_p_value,
    coalesce(touched.is_window_complete, false) as is_window_complete,
    coalesce(effects.has_hidden_counts, false) as has_hidden_counts,
    coalesce(effects.has_hidden_figures, false) as has_hidden_figures,
    known.starts_on,
    known.ends_on,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from known
cross join currencies
cross join as_of
left join effects on known.campaign_id = effects.campaign_id
left join spend on known.campaign_id = spend.campaign_id
left join touched on known.campaign_id = touched.campaign_id
