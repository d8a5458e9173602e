with

persona_channel_affinities as (

    select * from {{ source('ml_affinity', 'persona_channel_affinities') }}

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
    persona_channel_affinities.persona_id,
    persona_channel_affinities.channel_kind,
    persona_channel_affinities.channel,
    persona_channel_affinities.is_partly_hidden,
    persona_channel_affinities.count_customers,
    persona_channel_affinities.customer_share,
    persona_channel_affinities.channel_share,
    persona_channel_affinities.others_channel_share,
    persona_channel_affinities.lift,
    persona_channel_affinities.lift_low,
    persona_channel_affinities.lift_high,
    persona_channel_affinities.effect_size,
    persona_channel_affinities.p_value,
    persona_channel_affinities.adjusted_p_value,
    persona_channel_affinities.is_claim,
    persona_channel_affinities.count_orders,
    persona_channel_affinities.count_sessions,
    persona_channel_affinities.count_sessions_with_order,
    persona_channel_affinities.conversion_share,
    persona_channel_affinities.net_amount,
    currencies.currency,
    'today' as persona_basis,
    as_of.window_start_month as window_start_date,
    nullif(model.model_run_id, '') as model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_channel_affinities
cross join currencies
cross join as_of
inner join model on persona_channel_affinities.model_run_id = model.model_run_id
