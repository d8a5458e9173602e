{# Which months each model tells of: all that were over while it was in force,
   and all before. One of other features cannot be scored any more. Where a
   feature is not known of past months, there is no history. -#}
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
        {%- if features_without_history() %}
        and false
        {%- endif %}

),

periods as (

    select
        model_run_id,
        max(coalesce(in_force_to, date '9999-12-31')) as told_until
    from {{ ref('int_model_periods') }}
    group by model_run_id

)

select
    models.model_run_id,
    models.is_in_force,
    last_day(months.month_end + interval 1 day) > models.approved_on
        as is_since_approval,
    months.month,
    months.month_end,
    months.window_start_month,
    md5(concat_ws(
        '|', months.data_version, '{{ var("persona_margin") }}'
    )) as data_version
from models
inner join periods on models.model_run_id = periods.model_run_id
inner join months on periods.told_until > months.month_end
