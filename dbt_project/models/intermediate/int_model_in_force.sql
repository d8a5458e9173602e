{# The newest approved model, as one row of parameter arrays. #}
with

model_runs as (

    select * from {{ source('ml', 'model_runs') }}
    where is_approved

),

model_features as (

    select * from {{ source('ml', 'model_features') }}

),

newest as (

    select
        model_run_id,
        algorithm,
        verdict,
        verdict_reason,
        count_clusters
    from model_runs
    order by trained_at desc, model_run_id desc
    limit 1

)

select
    newest.model_run_id,
    newest.algorithm,
    newest.verdict,
    newest.verdict_reason,
    newest.count_clusters,
    {{ array_agg_ordered('prior_count', 'position') }} as prior_count,
    {{ array_agg_ordered('baseline', 'position') }} as baseline,
    {{ array_agg_ordered('clip_low', 'position') }} as clip_low,
    {{ array_agg_ordered('clip_high', 'position') }} as clip_high,
    {{ array_agg_ordered('center', 'position') }} as center,
    {{ array_agg_ordered('scale', 'position') }} as scale,
    {{ array_agg_ordered('weight', 'position') }} as weight
from newest
left join model_features
    on newest.model_run_id = model_features.model_run_id
group by
    newest.model_run_id,
    newest.algorithm,
    newest.verdict,
    newest.verdict_reason,
    newest.count_clusters
