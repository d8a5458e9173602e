with

customers as (

    select * from {{ ref('customers') }}

),

nearest as (

    select * from {{ ref('int_customer_nearest') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

named as (

    select
        customers.customer_id,
        nearest.persona_id,
        nearest.runner_up_persona_id,
        nearest.confidence,
        nearest.distance,
        nearest.runner_up_distance,
        nearest.model_run_id,
        nearest.cluster_id is not null as is_scored,
        sub_nearest.persona_id as sub_persona_id,
        sub_nearest.confidence as sub_confidence
    from customers
    left join nearest
        on
            customers.customer_id = nearest.customer_id
            and nearest.parent_cluster_id is null
    left join nearest as sub_nearest
        on
            nearest.customer_id = sub_nearest.customer_id
            and nearest.cluster_id = sub_nearest.parent_cluster_id

)

select
    named.customer_id,
    coalesce(named.persona_id, 'unassigned') as persona_id,
    named.runner_up_persona_id,
    named.sub_persona_id,
    case
        when named.persona_id is not null then 'nearest persona'
        when named.is_scored then 'nearest group is too unstable or too small'
        when model.model_run_id is null then 'no model has been trained'
        when coalesce(model.count_clusters, 0) = 0
            then 'the data show no personas'
        else
            'no purchase in the last {{ var("window_months") }} months'
    end as assignment_reason,
    named.confidence,
    named.sub_confidence,
    named.distance,
    named.runner_up_distance,
    named.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from named
cross join as_of
left join model on true
