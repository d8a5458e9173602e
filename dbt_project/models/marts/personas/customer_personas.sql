with

customers as (

    select * from {{ ref('customers') }}

),

customer_features as (

    select
        customer_id,
        window_orders
    from {{ ref('customer_features') }}

),

distances as (

    select * from {{ ref('int_customer_distances') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

clusters as (

    select * from {{ source('ml', 'model_clusters') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by distance asc, cluster_id asc
        ) as place
    from distances

),

nearest as (

    select
        customer_id,
        model_run_id,
        min(cluster_id) filter (where place = 1) as cluster_id,
        min(distance) filter (where place = 1) as distance,
        min(cluster_id) filter (where place = 2) as runner_up_cluster_id,
        min(distance) filter (where place = 2) as runner_up_distance
    from ranked
    where place <= 2
    group by customer_id, model_run_id

),

named as (

    select
        customers.customer_id,
        clusters.persona_id,
        runners_up.persona_id as runner_up_persona_id,
        nearest.distance,
        nearest.runner_up_distance,
        nearest.model_run_id,
        nearest.cluster_id is not null as is_scored,
        coalesce(customer_features.window_orders, 0) as window_orders
    from customers
    left join customer_features
        on customers.customer_id = customer_features.customer_id
    left join nearest on customers.customer_id = nearest.customer_id
    left join clusters
        on
            nearest.model_run_id = clusters.model_run_id
            and nearest.cluster_id = clusters.cluster_id
    left join clusters as runners_up
        on
            nearest.model_run_id = runners_up.model_run_id
            and nearest.runner_up_cluster_id = runners_up.cluster_id

)

select
    named.customer_id,
    coalesce(named.persona_id, 'unassigned') as persona_id,
    named.runner_up_persona_id,
    case
        when named.persona_id is not null then 'nearest persona'
        when named.is_scored then 'nearest group is too unstable or too small'
        when model.model_run_id is null then 'no model has been trained'
        when coalesce(model.count_clusters, 0) = 0
            then 'the data show no personas'
        else
            'no purchase in the last {{ var("window_months") }} months'
    end as assignment_reason,
    case
        when named.persona_id is null then null
        when named.runner_up_distance is null then 1.0
        when model.algorithm = 'mixture'
            then
                1 - exp(
                    (
                        named.distance * named.distance
                        - named.runner_up_distance * named.runner_up_distance
                    ) / 2
                )
        when named.runner_up_distance > 0
            then
                (named.runner_up_distance - named.distance)
                / named.runner_up_distance
        else 0.0
    end as confidence,
    named.distance,
    named.runner_up_distance,
    named.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from named
cross join as_of
left join model on true
