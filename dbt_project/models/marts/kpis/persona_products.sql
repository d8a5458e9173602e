with

persona_product_affinities as (

    select * from {{ source('ml_affinity', 'persona_product_affinities') }}

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
    persona_product_affinities.persona_id,
    persona_product_affinities.level,
    persona_product_affinities.category,
    persona_product_affinities.subcategory,
    persona_product_affinities.is_partly_hidden,
    persona_product_affinities.count_buyers,
    persona_product_affinities.count_customers,
    persona_product_affinities.penetration,
    persona_product_affinities.others_penetration,
    persona_product_affinities.lift,
    persona_product_affinities.lift_low,
    persona_product_affinities.lift_high,
    persona_product_affinities.effect_size,
    persona_product_affinities.p_value,
    persona_product_affinities.adjusted_p_value,
    persona_product_affinities.is_claim,
    persona_product_affinities.count_orders,
    persona_product_affinities.net_amount,
    persona_product_affinities.wallet_share,
    persona_product_affinities.others_wallet_share,
    currencies.currency,
    'today' as persona_basis,
    as_of.window_start_month as window_start_date,
    nullif(model.model_run_id, '') as model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_product_affinities
cross join currencies
cross join as_of
inner join model on persona_product_affinities.model_run_id = model.model_run_id
