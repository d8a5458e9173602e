with

totals as (

    select * from {{ source('ml_budget', 'budget_totals') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    cast(totals.current_amount as decimal(18, 4)) as current_amount,
    cast(totals.reference_amount as decimal(18, 4)) as reference_amount,
    cast(totals.planned_amount as decimal(18, 4)) as planned_amount,
    cast(totals.movable_amount as decimal(18, 4)) as movable_amount,
    cast(totals.moved_amount as decimal(18, 4)) as moved_amount,
    cast(totals.incremental_current_amount as decimal(18, 4))
        as incremental_current_amount,
    cast(totals.incremental_planned_amount as decimal(18, 4))
        as incremental_planned_amount,
    cast(totals.gain_amount as decimal(18, 4)) as gain_amount,
    cast(totals.gain_low_amount as decimal(18, 4)) as gain_low_amount,
    cast(totals.gain_high_amount as decimal(18, 4)) as gain_high_amount,
    cast(totals.regret_current_amount as decimal(18, 4))
        as regret_current_amount,
    cast(totals.regret_planned_amount as decimal(18, 4))
        as regret_planned_amount,
    cast(totals.candidate_gain_amount as decimal(18, 4))
        as candidate_gain_amount,
    cast(totals.candidate_moved_amount as decimal(18, 4))
        as candidate_moved_amount,
    totals.probability_better,
    totals.probability_equal,
    totals.certainty_asked,
    totals.move_limit,
    totals.doubling_adds_low,
    totals.doubling_adds_high,
    totals.count_experiments,
    totals.amount_per_held_out_customer,
    totals.basis,
    totals.verdict,
    totals.reason,
    currencies.currency,
    totals.period_from,
    totals.period_to,
    totals.count_months,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from totals
cross join currencies
cross join as_of
