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

centroids as (

    select
        model_centroids.model_run_id,
        model_centroids.cluster_id,
        {{ array_agg_ordered('centroid_value', 'position') }} as centroid
    from model_centroids
    group by model_centroids.model_run_id, model_centroids.cluster_id

),

vectors as (

    select
        customer_features.customer_id,
        model.model_run_id,
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
    {{ vector_distance(
        'vectors.score_vector', 'centroids.centroid', features | length
    ) }} as distance
from vectors
inner join centroids on vectors.model_run_id = centroids.model_run_id
