with

events as (

    select * from {{ source('ml', 'model_events') }}

),

models as (

    select * from {{ ref('int_models') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    events.model_run_id,
    models.approved_on as event_date,
    events.event,
    events.persona_id,
    coalesce(events.other_persona_id, events.persona_id)
        as other_persona_id,
    round(events.overlap, 2) as overlap,
    round(events.share_of_old, 2) as share_of_old,
    round(events.share_of_new, 2) as share_of_new,
    round(events.centroid_distance, 2) as centroid_distance,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from events
inner join models on events.model_run_id = models.model_run_id
cross join as_of
