{# The newest approved model, as one row of parameter arrays. -#}
with

models as (

    select * from {{ ref('int_models') }}

)

select
    model_run_id,
    algorithm,
    verdict,
    verdict_reason,
    count_clusters,
    prior_count,
    baseline,
    clip_low,
    clip_high,
    center,
    scale,
    weight
from models
where is_in_force
