{# The plan. Cells that would show few customers were merged before it was made:
   those of which campaign_lift hides a campaign, because the money of a cell
   tells how many customers it reached. -#}
with

cells as (

    select * from {{ source('ml_budget', 'budget_cells') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    cells.persona_id,
    cells.channel,
    cast(cells.current_amount as decimal(18, 4)) as current_amount,
    cast(cells.reference_amount as decimal(18, 4)) as reference_amount,
    cast(cells.planned_amount as decimal(18, 4)) as planned_amount,
    cast(cells.change_amount as decimal(18, 4)) as change_amount,
    cells.return_today,
    cells.return_low,
    cells.return_high,
    cells.marginal_return,
    cells.marginal_return_low,
    cells.marginal_return_high,
    cells.probability_above_average,
    cast(cells.incremental_current_amount as decimal(18, 4))
        as incremental_current_amount,
    cast(cells.incremental_planned_amount as decimal(18, 4))
        as incremental_planned_amount,
    cast(cells.gain_amount as decimal(18, 4)) as gain_amount,
    cast(cells.gain_low_amount as decimal(18, 4)) as gain_low_amount,
    cast(cells.gain_high_amount as decimal(18, 4)) as gain_high_amount,
    cast(cells.regret_current_amount as decimal(18, 4))
        as regret_current_amount,
    cast(cells.regret_planned_amount as decimal(18, 4))
        as regret_planned_amount,
    cells.count_experiments,
    cells.count_treated,
    cells.count_held_out,
    cells.basis,
    cells.verdict,
    cells.reason,
    currencies.currency,
    cells.period_from,
    cells.period_to,
    cells.count_months,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from cells
cross join currencies
cross join as_of
