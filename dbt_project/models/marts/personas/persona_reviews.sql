with

reviews as (

    select * from {{ source('ml', 'model_reviews') }}

),

model_runs as (

    select * from {{ source('ml', 'model_runs') }}

),

comparisons as (

    select * from {{ source('ml', 'model_comparisons') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    reviews.review_number,
    reviews.reviewed_at,
    reviews.as_of_date as review_date,
    reviews.model_run_id,
    reviews.decision,
    reviews.in_force_model_run_id,
    reviews.decided_by,
    reviews.note,
    model_runs.verdict,
    round(comparisons.moved_share, 3) as moved_share,
    round(comparisons.changed_share, 3) as changed_share,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from reviews
inner join model_runs on reviews.model_run_id = model_runs.model_run_id
left join comparisons on reviews.model_run_id = comparisons.model_run_id
cross join as_of
