{# CTEs: the nearest persona of each customer-month and how sure that is. The
   sums are in a CTE with the columns window_… and those of `keys`, which say to
   which rows of `needed` (month and model) they belong; the rest is read from
   the CTEs `models` and `groups`. The last CTE is `<prefix>nearest`. #}
{% macro nearest_personas(sums, keys, prefix='') -%}
{%- set features = var('segmentation_features') -%}
{{ prefix }}features as (

    select
        {%- for key in ['customer_id'] + keys %}
        {{ key }},
        {%- endfor %}
        window_orders,
        window_lines,
        window_items,
        window_sessions,
        observed_months,
        {%- for name in features_without_history() %}
        cast(null as double) as {{ name }},
        {%- endfor %}
        {{ behaviour_formulas() }}
    from {{ sums }}

),

{{ prefix }}vectors as (

    select
        features.customer_id,
        features.window_orders,
        features.observed_months,
        needed.model_number,
        needed.model_run_id,
        needed.month,
        needed.month_end,
        models.algorithm,
        {% set elements = [] -%}
        {%- for feature in features -%}
            {%- do elements.append(score_element(feature, loop.index)) -%}
        {%- endfor -%}
        {{ array_of(elements) }} as score_vector
    from {{ prefix }}features as features
    inner join needed
        on
            {%- for key in keys %}
            features.{{ key }} = needed.{{ key }}{{ ' and' if not loop.last }}
            {%- endfor %}
    inner join models on needed.model_run_id = models.model_run_id

),

{{ prefix }}measured as (

    select
        vectors.*,
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
    from {{ prefix }}vectors as vectors
    inner join groups on vectors.model_run_id = groups.model_run_id

),

{{ prefix }}sorted as (

    select
        *,
        {{ array_sorted('distances') }} as sorted_distances
    from {{ prefix }}measured

),

{{ prefix }}placed as (

    select
        *,
        {{ array_position_behind(
            'distances', element('sorted_distances', 1), 0
        ) }} as first_place
    from {{ prefix }}sorted

),

-- Of two groups at the same distance the second is the runner-up. Who has not
-- bought in the window is in none, and that is no doubt.
{{ prefix }}nearest as {{ computed_once() }} (

    select
        customer_id,
        window_orders,
        observed_months,
        model_number,
        month,
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
    from {{ prefix }}placed

)
{%- endmacro %}
