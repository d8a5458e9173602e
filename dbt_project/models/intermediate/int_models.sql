{# The approved models with their parameters as arrays, and from when to when
   each was in force. -#}
with

model_runs as (

    select * from {{ source('ml', 'model_runs') }}
    where is_approved

),

model_features as (

    select * from {{ source('ml', 'model_features') }}

),

periods as (

    select
        model_run_id,
        algorithm,
        verdict,
        verdict_reason,
        count_clusters,
        as_of_date as in_force_from,
        lead(as_of_date) over (
            order by trained_at asc, model_run_id asc
        ) as in_force_to,
        row_number() over (
            order by trained_at desc, model_run_id desc
        ) as newest
    from model_runs

)

select
    periods.model_run_id,
    periods.algorithm,
    periods.verdict,
    periods.verdict_reason,
    periods.count_clusters,
    periods.in_force_from,
    periods.in_force_to,
    periods.newest = 1 as is_in_force,
    {{ array_agg_ordered('feature', 'position') }} as features,
    {{ array_agg_ordered('prior_count', 'position') }} as prior_count,
    {{ array_agg_ordered('baseline', 'position') }} as baseline,
    {{ array_agg_ordered('clip_low', 'position') }} as clip_low,
    {{ array_agg_ordered('clip_high', 'position') }} as clip_high,
    {{ array_agg_ordered('center', 'position') }} as center,
    {{ array_agg_ordered('scale', 'position') }} as scale,
    {{ array_agg_ordered('weight', 'position') }} as weight
from periods
left join model_features
    on periods.model_run_id = model_features.model_run_id
group by
    periods.model_run_id,
    periods.algorithm,
    periods.verdict,
    periods.verdict_reason,
    periods.count_clusters,
    periods.in_force_from,
    periods.in_force_to,
    periods.newest
