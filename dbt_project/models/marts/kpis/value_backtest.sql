with

results as (

    select * from {{ source('ml_value', 'value_backtest_results') }}

),

periods as (

    select * from {{ ref('int_value_periods') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

judged as (

    select
        *,
        {{ is_small_cell(
            'count_customers',
            "case when persona_id = 'company' then 1 else 0 end",
            'persona_id'
        ) }} as is_hidden
    from results

)

select
    judged.persona_id,
    periods.cut_date,
    periods.horizon_days,
    judged.is_hidden,
    {%- for column in ['actual_orders', 'predicted_orders', 'naive_orders',
        'calibration', 'model_error', 'naive_error'] %}
    case when not judged.is_hidden then judged.{{ column }} end as {{ column }},
    {%- endfor %}
    cast(
        case when not judged.is_hidden then judged.count_customers end as bigint
    ) as count_customers,
    {%- for column in ['actual_amount', 'predicted_amount', 'naive_amount'] %}
    cast(
        case when not judged.is_hidden then judged.{{ column }} end
        as decimal(18, 4)
    ) as {{ column }},
    {%- endfor %}
    currencies.currency,
    judged.is_model_better,
    case
        when judged.is_model_better
            then
                'The model predicts single customers at least as well as the '
                || 'naive mean.'
        else
            'The model is worse than the naive mean, which is used instead.'
    end as verdict,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from judged
cross join periods
cross join currencies
cross join as_of
