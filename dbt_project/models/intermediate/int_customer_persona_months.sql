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
    on_schema_change='fail'
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

needed as (

    select partitions.*
    from partitions
    left join existing
        on
            partitions.model_run_id = existing.model_run_id
            and partitions.month_end = existing.month_end
            and partitions.data_version = existing.data_version
    where existing.model_run_id is null

),

-- Where the new months go on: the one before them.
first_needed as (

    select
        model_run_id,
        min(month) as month
    from needed
    group by model_run_id

),

before as (

    select
        known.customer_id,
        known.model_run_id,
        known.month_end,
        known.persona_id as entered_persona_id,
        true as is_decisive,
        known.is_settled as is_settling,
        true as is_known
    from {{ this }} as known
    inner join first_needed
        on
            known.model_run_id = first_needed.model_run_id
            and known.month_end = first_needed.month - interval 1 day

),
{% else %}
needed as (

    select * from partitions

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
        features.month,
        models.model_run_id,
        models.algorithm,
        {% set elements = [] -%}
        {%- for feature in features -%}
            {%- do elements.append(score_element(feature, loop.index)) -%}
        {%- endfor -%}
        {{ array_of(elements) }} as score_vector
    from features
    inner join needed on features.month = needed.month
    inner join models on needed.model_run_id = models.model_run_id
    where features.window_orders > 0

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
-- group, ranked, this takes four times as long.
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
        vectors.month,
        vectors.model_run_id,
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

-- Of two groups at the same distance the second is the runner-up.
nearest as (

    select
        customer_id,
        month,
        model_run_id,
        {{ element('persona_ids', 'first_place') }} as persona_id,
        {{ element('persona_ids', array_position_behind(
            'distances',
            element('sorted_distances', 2),
            'case when ' ~ element('sorted_distances', 2) ~ ' > '
            ~ element('sorted_distances', 1) ~ ' then 0 else first_place end'
        )) }} as runner_up_persona_id,
        {{ confidence(
            'algorithm',
            element('sorted_distances', 1),
            element('sorted_distances', 2)
        ) }} as confidence
    from placed

),

scored as (

    select
        features.customer_id,
        needed.model_run_id,
        needed.month_end,
        needed.data_version,
        features.window_orders,
        coalesce(nearest.persona_id, 'unassigned') as raw_persona_id,
        nearest.runner_up_persona_id,
        nearest.confidence
    from features
    inner join needed on features.month = needed.month
    left join nearest
        on
            features.customer_id = nearest.customer_id
            and needed.month = nearest.month
            and needed.model_run_id = nearest.model_run_id

),

-- Who has not bought in the window is in no group, and that is no doubt.
all_months as (

    select
        customer_id,
        model_run_id,
        month_end,
        raw_persona_id as entered_persona_id,
        coalesce(confidence, 1.0) >= {{ var('persona_margin') }} as is_decisive,
        coalesce(confidence, 0.0) >= {{ var('persona_margin') }}
        and raw_persona_id <> 'unassigned'
        and window_orders >= 3 as is_settling,
        false as is_known
    from scored
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
        partition by customer_id, model_run_id
        order by month_end asc
        rows between unbounded preceding and current row
    )

),

settled as (

    select
        *,
        first_value(entered_persona_id) over (
            partition by customer_id, model_run_id, stay
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
        partition by customer_id, model_run_id
        order by month_end asc
    )

)

select
    moved.customer_id,
    moved.model_run_id,
    moved.month_end,
    moved.persona_id,
    moved.previous_persona_id,
    scored.raw_persona_id,
    scored.runner_up_persona_id,
    scored.confidence,
    moved.is_settled,
    coalesce(
        moved.was_settled and moved.previous_persona_id <> moved.persona_id,
        false
    ) as is_move,
    scored.data_version
from moved
inner join scored
    on
        moved.customer_id = scored.customer_id
        and moved.model_run_id = scored.model_run_id
        and moved.month_end = scored.month_end
where not moved.is_known
