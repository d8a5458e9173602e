{# The models that have been approved, with their parameters as arrays. -#}
with

model_runs as (

    select * from {{ source('ml', 'model_runs') }}

),

model_features as (

    select * from {{ source('ml', 'model_features') }}

),

reviews as (

    select * from {{ source('ml', 'model_reviews') }}

),

approvals as (

    select
        model_run_id,
        min(as_of_date) as approved_on
    from reviews
    where decision = 'approved'
    group by model_run_id

),

newest as (

    select in_force_model_run_id as model_run_id
    from reviews
    qualify row_number() over (order by review_number desc) = 1

),

parameters as (

    select
        model_run_id,
        {{ array_agg_ordered('feature', 'position') }} as features,
        {{ array_agg_ordered('prior_count', 'position') }} as prior_count,
        {{ array_agg_ordered('baseline', 'position') }} as baseline,
        {{ array_agg_ordered('clip_low', 'position') }} as clip_low,
        {{ array_agg_ordered('clip_high', 'position') }} as clip_high,
        {{ array_agg_ordered('center', 'position') }} as center,
        {{ array_agg_ordered('scale', 'position') }} as scale,
        {{ array_agg_ordered('weight', 'position') }} as weight
    from model_features
    group by model_run_id

)

select
    model_runs.model_run_id,
    model_runs.algorithm,
    model_runs.verdict,
    model_runs.verdict_reason,
    model_runs.count_clusters,
    approvals.approved_on,
    newest.model_run_id is not null as is_in_force,
    parameters.features,
    parameters.prior_count,
    parameters.baseline,
    parameters.clip_low,
    parameters.clip_high,
    parameters.center,
    parameters.scale,
    parameters.weight
from model_runs
inner join approvals on model_runs.model_run_id = approvals.model_run_id
left join newest on model_runs.model_run_id = newest.model_run_id
left join parameters on model_runs.model_run_id = parameters.model_run_id
