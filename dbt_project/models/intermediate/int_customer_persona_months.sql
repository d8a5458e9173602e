{# Every buyer's persona at every month-end, by every model that was in force.
   Incremental by month and model: only what is new, or rests on data that have
   changed, is computed; and what was computed in between and at once is equal.

   Raw is the nearest persona of the month. Who is on the border, nearer than
   to the next by less than the margin of the var persona_margin, is looked at
   again: recent is the nearest by the last half of the window, where that is
   sure. Settled is what is shown: the recent or the raw one where it is sure,
   else that of the month before. Who has once been sure to be in a persona, with
   three orders in the window, is settled; before that the nearest is shown, and
   a change is learning, not moving. #}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key=['model_run_id', 'month_end'],
    on_schema_change='fail',
    tags=['history']
) }}
{%- set half = (var('window_months') | int + 1) // 2 %}
{%- set enough_orders = 3 %}

with

partitions as (

    select * from {{ ref('int_history_partitions') }}

),

models as (

    select * from {{ ref('int_models') }}

),

{{ missing_partitions() }},

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
        known.raw_persona_id,
        known.recent_persona_id,
        known.runner_up_persona_id,
        known.confidence,
        known.persona_id as seen_persona_id,
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

{{ nearest_personas('observed', ['month']) }},

-- Who is on the border is looked at again, by the last half of the window: a
-- change is seen there first.
border as (

    select
        customer_id,
        model_number,
        month,
        observed_months
    from nearest
    where confidence < {{ var('persona_margin') }}

),
{% for subject, rollup in {
    'orders': 'int_orders_aggregated_to_customer_months',
    'web_sessions': 'int_web_sessions_aggregated_to_customer_months',
    'contacts': 'int_contacts_aggregated_to_customer_months'
}.items() %}
{%- set those = 'border' if subject == 'orders' else 'orders_lately' %}
{{ subject }}_lately as (

    select
        {{ those }}.customer_id,
        {{ those }}.model_number,
        {{ those }}.month,
        {{ those }}.observed_months,
        {%- for column in window_columns(subject) %}
        sum(rollups.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ those }}
    inner join {{ ref(rollup) }} as rollups
        on
            {{ those }}.customer_id = rollups.customer_id
            and {{ those }}.month - interval {{ half }} month < rollups.month
            and {{ those }}.month >= rollups.month
    group by
        {{ those }}.customer_id,
        {{ those }}.model_number,
        {{ those }}.month,
        {{ those }}.observed_months
    {%- if subject == 'orders' %}
    having sum(rollups.count_orders) >= {{ enough_orders }}
    {%- endif %}

),
{% endfor %}
lately as (

    select
        orders_lately.customer_id,
        orders_lately.model_number,
        orders_lately.month,
        least(orders_lately.observed_months, {{ half }}) as observed_months,
        {%- for subject in ['orders', 'web_sessions', 'contacts'] %}
        {%- set is_last = loop.last %}
        {%- for column in window_columns(subject) %}
        coalesce({{ subject }}_lately.{{ column }}, 0)
            as window_{{ modules.re.sub('^(count|sum)_', '', column) }}
        {{- ',' if not (is_last and loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from orders_lately
    {%- for subject in ['web_sessions', 'contacts'] %}
    left join {{ subject }}_lately
        on
            orders_lately.customer_id = {{ subject }}_lately.customer_id
            and orders_lately.model_number = {{ subject }}_lately.model_number
            and orders_lately.month = {{ subject }}_lately.month
    {%- endfor %}

),

{{ nearest_personas('lately', ['month', 'model_number'], prefix='lately_') }},

sure_lately as (

    select
        customer_id,
        model_number,
        month,
        raw_persona_id as recent_persona_id
    from lately_nearest
    where confidence >= {{ var('persona_margin') }}

),

looked_at as (

    select
        nearest.*,
        sure_lately.recent_persona_id,
        coalesce(sure_lately.recent_persona_id, nearest.raw_persona_id)
            as seen_persona_id,
        coalesce(nearest.confidence, 1.0) >= {{ var('persona_margin') }}
        or sure_lately.recent_persona_id is not null as is_decisive
    from nearest
    left join sure_lately
        on
            nearest.customer_id = sure_lately.customer_id
            and nearest.model_number = sure_lately.model_number
            and nearest.month = sure_lately.month

),

all_months as (

    select
        customer_id,
        model_number,
        month_end,
        raw_persona_id,
        recent_persona_id,
        runner_up_persona_id,
        confidence,
        seen_persona_id,
        is_decisive,
        is_decisive
        and seen_persona_id <> 'unassigned'
        and window_orders >= {{ enough_orders }} as is_settling,
        false as is_known
    from looked_at
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
        case
            when is_settled
                then first_value(seen_persona_id) over (
                    partition by customer_id, model_number, stay
                    order by month_end asc
                )
            else seen_persona_id
        end as persona_id
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
    moved.recent_persona_id,
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
