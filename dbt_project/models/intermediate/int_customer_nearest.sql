{# The nearest group and the runner-up, among all groups and, where the nearest
   is split, among its parts. -#}
with

distances as (

    select * from {{ ref('int_customer_distances') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

clusters as (

    select * from {{ source('ml', 'model_clusters') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id, parent_cluster_id
            order by distance asc, cluster_id asc
        ) as place
    from distances

),

nearest as (

    select
        customer_id,
        model_run_id,
        parent_cluster_id,
        min(cluster_id) filter (where place = 1) as cluster_id,
        min(distance) filter (where place = 1) as distance,
        min(cluster_id) filter (where place = 2) as runner_up_cluster_id,
        min(distance) filter (where place = 2) as runner_up_distance
    from ranked
    where place <= 2
    group by customer_id, model_run_id, parent_cluster_id

)

select
    nearest.customer_id,
    nearest.model_run_id,
    nearest.parent_cluster_id,
    nearest.cluster_id,
    clusters.persona_id,
    runners_up.persona_id as runner_up_persona_id,
    nearest.distance,
    nearest.runner_up_distance,
    case
        when clusters.persona_id is null then null
        else {{ confidence(
            'coalesce(parents.split_algorithm, model.algorithm)',
            'nearest.distance',
            'nearest.runner_up_distance'
        ) }}
    end as confidence
from nearest
inner join model on nearest.model_run_id = model.model_run_id
inner join clusters
    on
        nearest.model_run_id = clusters.model_run_id
        and nearest.cluster_id = clusters.cluster_id
left join clusters as runners_up
    on
        nearest.model_run_id = runners_up.model_run_id
        and nearest.runner_up_cluster_id = runners_up.cluster_id
left join clusters as parents
    on
        nearest.model_run_id = parents.model_run_id
        and nearest.parent_cluster_id = parents.cluster_id
