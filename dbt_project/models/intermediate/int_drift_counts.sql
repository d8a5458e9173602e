{# How many customers of a month lie in each bin of each feature, for the months
   since a model was approved. Incremental by model and month, as the history. #}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key=['model_run_id', 'month_end'],
    on_schema_change='fail',
    tags=['history']
) }}
{%- set features = drift_features() %}

with

partitions as (

    select * from {{ ref('int_history_partitions') }}
    where is_since_approval

),

behaviour as (

    select * from {{ ref('int_customer_month_behaviour') }}

),

bins as (

    select * from {{ source('ml', 'model_bins') }}

),

{{ missing_partitions() }},

months as (

    select distinct month from missing

),

in_months as (

    select
        behaviour.month,
        {%- for feature in features %}
        cast(behaviour.{{ feature }} as double)
            as {{ feature }}{{ ',' if not loop.last }}
        {%- endfor %}
    from behaviour
    inner join months on behaviour.month = months.month

),

active as (

    select
        month,
        count(*) as count_customers
    from in_months
    group by month

),

-- Nulls are left out: what is not known is the rest.
known as (

    select
        month,
        feature,
        feature_value
    from in_months
    unpivot (
        feature_value for feature in (
            {{ features | join(', ') }}
        )
    )

),

counted as (

    select
        missing.model_run_id,
        missing.month,
        bins.feature,
        bins.bin,
        count(*) as count_above
    from known
    inner join missing on known.month = missing.month
    inner join bins
        on
            missing.model_run_id = bins.model_run_id
            and known.feature = bins.feature
            and known.feature_value > coalesce(
                bins.lower_edge, cast('-infinity' as double)
            )
    where bins.bin > 0
    group by missing.model_run_id, missing.month, bins.feature, bins.bin

),

all_bins as (

    select
        missing.model_run_id,
        missing.month_end,
        missing.data_version,
        bins.feature,
        bins.bin,
        case
            when bins.bin = 0 then active.count_customers
            else coalesce(counted.count_above, 0)
        end as count_from_here
    from missing
    inner join bins on missing.model_run_id = bins.model_run_id
    inner join active on missing.month = active.month
    left join counted
        on
            missing.model_run_id = counted.model_run_id
            and missing.month = counted.month
            and bins.feature = counted.feature
            and bins.bin = counted.bin
    where bins.feature in ({{ quoted_literals(features) | join(', ') }})

)

select
    model_run_id,
    month_end,
    feature,
    bin,
    count_from_here - coalesce(lead(count_from_here) over (
        partition by model_run_id, month_end, feature
        order by bin asc
    ), 0) as count_customers,
    data_version
from all_bins
