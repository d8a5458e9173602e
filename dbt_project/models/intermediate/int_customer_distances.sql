{% set features = var('segmentation_features') -%}
with

customer_features as (

    select * from {{ ref('customer_features') }}
    where window_orders > 0

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

model_centroids as (

    select * from {{ source('ml', 'model_centroids') }}

),

model_clusters as (

    select
        clusters.model_run_id,
        clusters.cluster_id,
        clusters.parent_cluster_id,
        clusters.score_offset,
        parents.split_algorithm
    from {{ source('ml', 'model_clusters') }} as clusters
    left join {{ source('ml', 'model_clusters') }} as parents
        on
            clusters.model_run_id = parents.model_run_id
            and clusters.parent_cluster_id = parents.cluster_id

),

centroids as (

    select
        model_centroids.model_run_id,
        model_centroids.cluster_id,
        {{ array_agg_ordered('centroid_value', 'position') }} as centroid,
        {{ array_agg_ordered('spread', 'position') }} as spread
    from model_centroids
    group by model_centroids.model_run_id, model_centroids.cluster_id

),

vectors as (

    select
        customer_features.customer_id,
        model.model_run_id,
        model.algorithm,
        {% set elements = [] -%}
        {%- for feature in features -%}
            {%- do elements.append(score_element(feature, loop.index)) -%}
        {%- endfor -%}
        {{ array_of(elements) }} as score_vector
    from customer_features
    cross join model

)

select
    vectors.customer_id,
    vectors.model_run_id,
    centroids.cluster_id,
    model_clusters.parent_cluster_id,
    case
        when coalesce(model_clusters.split_algorithm, vectors.algorithm)
            = 'kmeans'
            then {{ vector_distance(
                'vectors.score_vector', 'centroids.centroid', features | length
            ) }}
        else {{ scaled_distance(
            'vectors.score_vector', 'centroids.centroid', 'centroids.spread',
            'model_clusters.score_offset', features | length
        ) }}
    end as distance
from vectors
inner join centroids on vectors.model_run_id = centroids.model_run_id
inner join model_clusters
    on
        centroids.model_run_id = model_clusters.model_run_id
        and centroids.cluster_id = model_clusters.cluster_id
