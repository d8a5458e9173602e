{# Every buyer's persona at every month-end, by every model that was in force.
   Incremental by month and model: only what is new, or rests on data that have
   changed, is computed; and what was computed in between and at once is equal.

   Raw is the nearest persona of the month. Settled is what is shown: a customer
   moves when the raw one is nearer than the next by the margin of the var
   persona_margin. Who has once been sure to be in a persona, with three orders
   in the window, is settled; before that a change is learning, not moving. #}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['model_run_id', 'month_end'],
    on_schema_change='fail',
    tags=['history']
) }}
{%- set features = var('segmentation_features') %}

with

partitions as (

    select * from {{ ref('int_history_partitions') }}

),

models as (

    select * from {{ ref('int_models') }}

),
{% if is_incremental() %}
existing as (

    select distinct
        model_run_id,
        month_end,
        data_version
    from {{ this }}

),

missing as (

    select partitions.*
    from partitions
    left join existing
        on
            partitions.model_run_id = existing.model_run_id
            and partitions.month_end = existing.month_end
            and partitions.data_version = existing.data_version
    where existing.model_run_id is null

),
{% else %}
missing as (

    select * from partitions

),
{% endif %}
-- Long ids are left aside until the end: they would be sorted with every row.
needed as (

    select
        *,
        dense_rank() over (order by model_run_id asc) as model_number
    from missing

),
{% if is_incremental() %}
-- Where the new months go on: the one before them.
first_needed as (

    select
        model_run_id,
        model_number,
        min(month) as month
    from needed
    group by model_run_id, model_number

),

before as (

    select
        known.customer_id,
        first_needed.model_number,
        known.month_end,
        known.persona_id as raw_persona_id,
        known.runner_up_persona_id,
        known.confidence,
        true as is_decisive,
        known.is_settled as is_settling,
        true as is_known
    from {{ this }} as known
    inner join first_needed
        on
            known.model_run_id = first_needed.model_run_id
            and known.month_end = first_needed.month - interval 1 day

),
{% endif %}
months as (

    select distinct
        month,
        month_end,
        window_start_month
    from needed

),

{{ month_end_sums('months') }},

features as (

    select
        customer_id,
        month,
        window_orders,
        window_lines,
        window_items,
        window_sessions,
        observed_months,
        {%- for name in features_without_history() %}
        cast(null as double) as {{ name }},
        {%- endfor %}
        {{ behaviour_formulas() }}
    from observed

),

vectors as (

    select
        features.customer_id,
        features.window_orders,
        needed.model_number,
        needed.model_run_id,
        needed.month_end,
        models.algorithm,
        {% set elements = [] -%}
        {%- for feature in features -%}
            {%- do elements.append(score_element(feature, loop.index)) -%}
        {%- endfor -%}
        {{ array_of(elements) }} as score_vector
    from features
    inner join needed on features.month = needed.month
    inner join models on needed.model_run_id = models.model_run_id

),

clusters as (

    select * from {{ source('ml', 'model_clusters') }}
    where parent_cluster_id is null

),

centroids as (

    select
        clusters.model_run_id,
        clusters.cluster_id,
        coalesce(clusters.persona_id, 'unassigned') as persona_id,
        clusters.score_offset,
        {{ array_agg_ordered('centroid_value', 'position') }} as centroid,
        {{ array_agg_ordered('spread', 'position') }} as spread
    from clusters
    inner join {{ source('ml', 'model_centroids') }} as model_centroids
        on
            clusters.model_run_id = model_centroids.model_run_id
            and clusters.cluster_id = model_centroids.cluster_id
    group by
        clusters.model_run_id,
        clusters.cluster_id,
        clusters.persona_id,
        clusters.score_offset

),

places as (

    select
        model_run_id,
        cluster_id,
        persona_id,
        {{ struct_of(['score_offset', 'centroid', 'spread']) }} as place
    from centroids

),

-- One row per model, so that a customer-month stays one row: with a row per
-- group, ranked, this takes four times as long. And each step is read once: what
-- is read twice is kept whole.
groups as (

    select
        model_run_id,
        {{ array_agg_ordered('place', 'cluster_id') }} as places,
        {{ array_agg_ordered('persona_id', 'cluster_id') }} as persona_ids
    from places
    group by model_run_id

),

measured as (

    select
        vectors.customer_id,
        vectors.window_orders,
        vectors.model_number,
        vectors.month_end,
        vectors.algorithm,
        groups.persona_ids,
        case
            when vectors.algorithm = 'kmeans'
                then {{ array_of_each('groups.places', 'place', vector_distance(
                    'vectors.score_vector', 'place.centroid',
                    features | length
                )) }}
            else {{ array_of_each('groups.places', 'place', scaled_distance(
                'vectors.score_vector', 'place.centroid', 'place.spread',
                'place.score_offset', features | length
            )) }}
        end as distances
    from vectors
    inner join groups on vectors.model_run_id = groups.model_run_id

),

sorted as (

    select
        *,
        {{ array_sorted('distances') }} as sorted_distances
    from measured

),

placed as (

    select
        *,
        {{ array_position_behind(
            'distances', element('sorted_distances', 1), 0
        ) }} as first_place
    from sorted

),

-- Of two groups at the same distance the second is the runner-up. Who has not
-- bought in the window is in none, and that is no doubt.
nearest as (

    select
        customer_id,
        window_orders,
        model_number,
        month_end,
        case
            when window_orders > 0
                then {{ element('persona_ids', 'first_place') }}
            else 'unassigned'
        end as raw_persona_id,
        case
            when window_orders > 0
                then {{ element('persona_ids', array_position_behind(
                    'distances',
                    element('sorted_distances', 2),
                    'case when ' ~ element('sorted_distances', 2) ~ ' > '
                    ~ element('sorted_distances', 1)
                    ~ ' then 0 else first_place end'
                )) }}
        end as runner_up_persona_id,
        case
            when window_orders > 0
                then {{ confidence(
                    'algorithm',
                    element('sorted_distances', 1),
                    element('sorted_distances', 2)
                ) }}
        end as confidence
    from placed

),

all_months as (

    select
        customer_id,
        model_number,
        month_end,
        raw_persona_id,
        runner_up_persona_id,
        confidence,
        coalesce(confidence, 1.0) >= {{ var('persona_margin') }} as is_decisive,
        coalesce(confidence, 0.0) >= {{ var('persona_margin') }}
        and raw_persona_id <> 'unassigned'
        and window_orders >= 3 as is_settling,
        false as is_known
    from nearest
{%- if is_incremental() %}

    union all

    select * from before
{%- endif %}

),

stays as (

    select
        *,
        sum(case when is_decisive then 1 else 0 end) over until_then as stay,
        max(case when is_settling then 1 else 0 end) over until_then = 1
            as is_settled
    from all_months
    window until_then as (
        partition by customer_id, model_number
        order by month_end asc
        rows between unbounded preceding and current row
    )

),

settled as (

    select
        *,
        first_value(raw_persona_id) over (
            partition by customer_id, model_number, stay
            order by month_end asc
        ) as persona_id
    from stays

),

moved as (

    select
        *,
        lag(persona_id) over the_months as previous_persona_id,
        lag(is_settled) over the_months as was_settled
    from settled
    window the_months as (
        partition by customer_id, model_number
        order by month_end asc
    )

)

select
    moved.customer_id,
    needed.model_run_id,
    moved.month_end,
    moved.persona_id,
    moved.previous_persona_id,
    moved.raw_persona_id,
    moved.runner_up_persona_id,
    moved.confidence,
    moved.is_settled,
    coalesce(
        moved.was_settled and moved.previous_persona_id <> moved.persona_id,
        false
    ) as is_move,
    needed.data_version
from moved
inner join needed
    on
        moved.model_number = needed.model_number
        and moved.month_end = needed.month_end
where not moved.is_known
