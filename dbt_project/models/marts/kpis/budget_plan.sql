{# The plan, without cells that would show few customers: those of which
   campaign_lift hides a campaign, because the money of a cell tells how many
   customers it reached. The exact figures are in schema ml. -#}
with

cells as (

    select * from {{ source('ml_budget', 'budget_cells') }}

),

lifts as (

    select
        persona_id,
        channel,
        count(*) filter (where has_hidden_counts) > 0 as has_hidden_counts
    from {{ ref('campaign_lift') }}
    group by persona_id, channel

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

effects as (

    select
        cells.*,
        coalesce(lifts.has_hidden_counts, cells.persona_id <> 'all')
            as has_hidden_figures
    from cells
    left join lifts
        on
            cells.persona_id = lifts.persona_id
            and cells.channel = lifts.channel

)

select
    effects.persona_id,
    effects.channel,
    {{ shown('current_amount', data_type='decimal(18, 4)') }},
    {{ shown('reference_amount', data_type='decimal(18, 4)') }},
    {{ shown('planned_amount', data_type='decimal(18, 4)') }},
    {{ shown('change_amount', data_type='decimal(18, 4)') }},
    {{ shown('return_today') }},
    {{ shown('return_low') }},
    {{ shown('return_high') }},
    {{ shown('marginal_return') }},
    {{ shown('marginal_return_low') }},
    {{ shown('marginal_return_high') }},
    {{ shown('probability_above_average') }},
    {{ shown('incremental_current_amount', data_type='decimal(18, 4)') }},
    {{ shown('incremental_planned_amount', data_type='decimal(18, 4)') }},
    {{ shown('gain_amount', data_type='decimal(18, 4)') }},
    {{ shown('gain_low_amount', data_type='decimal(18, 4)') }},
    {{ shown('gain_high_amount', data_type='decimal(18, 4)') }},
    {{ shown('regret_current_amount', data_type='decimal(18, 4)') }},
    {{ shown('regret_planned_amount', data_type='decimal(18, 4)') }},
    {{ shown('count_experiments') }},
    {{ shown('count_treated') }},
    {{ shown('count_held_out') }},
    effects.basis,
    effects.verdict,
    case
        when effects.has_hidden_figures
            then 'Figures are left out: they would show few customers.'
        else effects.reason
    end as reason,
    effects.has_hidden_figures,
    currencies.currency,
    effects.period_from,
    effects.period_to,
    effects.count_months,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from effects
cross join currencies
cross join as_of
