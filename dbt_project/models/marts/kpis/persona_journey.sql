with

persona_journey_paths as (

    select * from {{ source('ml_affinity', 'persona_journey_paths') }}

),

model as (

    select coalesce(max(model_run_id), '') as model_run_id
    from {{ ref('int_model_in_force') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    persona_journey_paths.persona_id,
    persona_journey_paths.first_touch,
    persona_journey_paths.middle_touch,
    persona_journey_paths.last_touch,
    persona_journey_paths.is_partly_hidden,
    persona_journey_paths.count_customers,
    persona_journey_paths.count_journeys,
    persona_journey_paths.count_open_journeys,
    persona_journey_paths.count_sessions,
    persona_journey_paths.session_share,
    persona_journey_paths.count_orders,
    persona_journey_paths.order_share,
    persona_journey_paths.others_order_share,
    persona_journey_paths.lift,
    persona_journey_paths.lift_low,
    persona_journey_paths.lift_high,
    persona_journey_paths.effect_size,
    persona_journey_paths.p_value,
    persona_journey_paths.adjusted_p_value,
    persona_journey_paths.is_claim,
    persona_journey_paths.conversion_share,
    persona_journey_paths.net_amount,
    currencies.currency,
    'today' as persona_basis,
    as_of.window_start_month as window_start_date,
    nullif(model.model_run_id, '') as model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_journey_paths
cross join currencies
cross join as_of
inner join model on persona_journey_paths.model_run_id = model.model_run_id
