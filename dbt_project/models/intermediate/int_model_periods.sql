{# From when to when each model was in force, by the log of reviews. What was
   replaced on its own day was never believed. -#}
with

reviews as (

    select * from {{ source('ml', 'model_reviews') }}

),

decided as (

    select
        *,
        lead(as_of_date) over (order by review_number asc) as next_date
    from reviews

),

effective as (

    select
        *,
        lag(in_force_model_run_id) over (order by review_number asc)
            as in_force_before
    from decided
    where next_date is null or next_date > as_of_date

),

changes as (

    select * from effective
    where in_force_before is null or in_force_before <> in_force_model_run_id

)

select
    in_force_model_run_id as model_run_id,
    as_of_date as in_force_from,
    lead(as_of_date) over (order by review_number asc) as in_force_to
from changes
where in_force_model_run_id is not null
