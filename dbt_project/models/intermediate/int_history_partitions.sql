{# Which months each model tells of: all that were over while it was in force,
   and all before. A model that was replaced on its own day was never believed;
   one of other features cannot be scored any more. Where a feature is not known
   of past months, there is no history. -#}
{%- set features = var('segmentation_features') | map(attribute='name') -%}
with

months as (

    select * from {{ ref('int_history_months') }}
    where is_complete

),

models as (

    select * from {{ ref('int_models') }}
    where
        count_clusters > 0
        and features = {{ array_of(quoted_literals(features)) }}
        and (is_in_force or in_force_from < in_force_to)
        {%- if features_without_history() %}
        and false
        {%- endif %}

)

select
    models.model_run_id,
    models.in_force_from,
    models.in_force_to,
    months.month,
    months.month_end,
    months.window_start_month,
    md5(concat_ws(
        '|', months.data_version, '{{ var("persona_margin") }}'
    )) as data_version
from models
inner join months
    on models.is_in_force or models.in_force_to > months.month_end
