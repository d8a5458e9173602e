{# The value of the customers of each persona over the next 12 months. The interval
   is that of the models' uncertainty and of who happens to be a customer, carried
   over as a share; where a persona is valued by the naive mean there is none. -#}
with

customer_values as (

    select * from {{ ref('int_customer_value') }}

),

value_intervals as (

    select * from {{ source('ml_value', 'value_intervals') }}

),

value_status as (

    select
        max(reason) as reason,
        max(case when is_fitted then 1 else 0 end) as is_fitted
    from {{ source('ml_value', 'value_status') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

summed as (

    select
        persona_id,
        count(*) as count_customers,
        count(*) filter (where method = 'model') as by_model,
        count(*) filter (where method = 'single purchase') as by_single_purchase,
        count(*) filter (where method = 'regular') as by_regular,
        count(*) filter (where method = 'naive') as by_naive,
        count(*) filter (where is_outdated) as count_outdated,
        {{ ratio(
            'sum(cast(p_alive as decimal(28, 10)))', 'count(p_alive)'
        ) }} as p_alive,
        sum(cast(expected_orders_12m as decimal(28, 10))) as expected_orders_12m,
        {%- for month in [3, 6, 12] %}
        sum(cast(expected_net_amount_{{ month }}m as decimal(28, 10)))
            as expected_net_amount_{{ month }}m,
        {%- endfor %}
        sum(cast(clv_12m as decimal(28, 10))) as clv_12m,
        min(clv_basis) as clv_basis
    from customer_values
    group by persona_id

),

shared as (

    select
        summed.*,
        {{ ratio('clv_12m', 'sum(clv_12m) over ()') }} as clv_share,
        {{ is_small_cell('count_customers', 'true', 'persona_id') }}
            as is_hidden
    from summed

)

select
    shared.persona_id,
    shared.is_hidden,
    {%- for column, type in {
        'count_customers': 'bigint', 'p_alive': 'double',
        'expected_orders_12m': 'double',
        'expected_net_amount_3m': 'decimal(18, 4)',
        'expected_net_amount_6m': 'decimal(18, 4)',
        'expected_net_amount_12m': 'decimal(18, 4)',
        'clv_12m': 'decimal(18, 4)', 'clv_share': 'double'
    }.items() %}
    {%- set value = 'round(shared.' ~ column ~ ', 6)' if type == 'double'
        else 'shared.' ~ column %}
    cast(case when not shared.is_hidden then {{ value }} end as {{ type }})
        as {{ column }},
    {%- endfor %}
    {%- for name, share in {
        'clv_per_customer': '1',
        'clv_per_customer_low': 'value_intervals.low',
        'clv_per_customer_high': 'value_intervals.high'
    }.items() %}
    cast(
        case
            when not shared.is_hidden
            {%- if not loop.first %} and shared.by_naive = 0 {%- endif %}
                then
                    shared.clv_12m / shared.count_customers
                    {%- if not loop.first %}
                    * {{ share }} / nullif(value_intervals.value_per_customer, 0)
                    {%- endif %}
        end as decimal(18, 4)
    ) as {{ name }},
    {%- endfor %}
    shared.clv_basis,
    case
        when shared.by_naive > 0 then 'naive'
        when shared.by_model >= shared.by_single_purchase + shared.by_regular
            then 'model'
        when shared.by_single_purchase >= shared.by_regular
            then 'model, mostly of single purchases'
        else 'mostly at even intervals'
    end as method,
    case
        when coalesce(value_status.is_fitted, 0) = 0
            then coalesce(
                'No model: ' || value_status.reason,
                'No values have been computed: start `persona run`.'
            )
        when shared.count_outdated > 0
            then
                'The model was fitted for another day: start `persona run`. '
                || 'Until then the naive mean stands for it where need be.'
        when shared.by_naive > 0
            then 'The backtest found the model worse than the naive mean.'
        when
            shared.by_single_purchase
            > shared.by_model + shared.by_regular
            then
                'Most have bought once: the model supposes that they are not '
                || 'lost yet.'
        when value_status.reason <> '' then value_status.reason
    end as reason,
    currencies.currency,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from shared
cross join currencies
cross join as_of
left join value_status on true
left join value_intervals on shared.persona_id = value_intervals.persona_id
