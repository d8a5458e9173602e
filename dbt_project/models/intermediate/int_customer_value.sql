{# What each customer is expected to buy and to spend, and by which method. The
   formulas are those of ml.value_models; what depends on frequency and tenure
   alone comes from there as a factor.
     model            BG/NBD and Gamma-Gamma
     single purchase  the same; the chance of being lost is not known
     regular          bought at even intervals (five or more, varying by a fifth
                      at most): goes on at them, as long as not overdue
     naive            the mean of the persona, where the backtest found the model
                      worse, there is none, or its factors are of another day:
                      dbt alone makes no new ones -#}
{{ config(materialized='table') }}
{%- set month_days = 30.4375 %}

with

summaries as (

    select * from {{ ref('int_customer_purchase_summary') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}
    where persona_basis = 'today'

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted and customer_id is not null

),

value_factors as (

    select * from {{ source('ml_value', 'value_factors') }}

),

value_status as (

    select
        coalesce(max(case when is_fitted then 1 else 0 end), 0) = 1
            as is_fitted,
        coalesce(max(discount_rate_per_year), 0) as discount_rate_per_year,
        max(margin_share) as margin_share
    from {{ source('ml_value', 'value_status') }}

),

parameters as (

    select
        max(parameter_value) filter (where parameter = 'r') as r,
        max(parameter_value) filter (where parameter = 'alpha') as alpha,
        max(parameter_value) filter (where parameter = 'a') as a,
        max(parameter_value) filter (where parameter = 'b') as b
    from {{ source('ml_value', 'value_parameters') }}
    where model_name = 'BG/NBD'

),

-- Of each persona that has a fit of its own, and of all customers together.
spend_parameters as (

    select
        persona_id,
        max(parameter_value) filter (where parameter = 'p') as p,
        max(parameter_value) filter (where parameter = 'q') as q,
        max(parameter_value) filter (where parameter = 'v') as v
    from {{ source('ml_value', 'value_parameters') }}
    where model_name = 'Gamma-Gamma'
    group by persona_id

),

backtest as (

    select
        persona_id,
        is_model_better
    from {{ source('ml_value', 'value_backtest_results') }}

),

company_backtest as (

    select max(case when is_model_better then 1 else 0 end) as is_model_better
    from backtest
    where persona_id = 'company'

),

bought as (

    select
        segments.persona_id,
        summaries.*
    from summaries
    inner join segments on summaries.customer_id = segments.customer_id

),

persona_paces as (

    select
        persona_id,
        {{ ratio('sum(frequency)', 'sum(tenure_days)') }} as purchases_per_day,
        {{ ratio(
            'sum(cast(mean_spend * frequency as decimal(28, 10)))',
            'sum(frequency)'
        ) }}
            as mean_spend
    from bought
    group by persona_id

),

-- What of a paid amount stays after returns, and what of that is margin.
persona_margins as (

    select
        segments.persona_id,
        coalesce(
            {{ ratio(
                'sum(orders.net_amount)',
                'sum(orders.gross_amount - orders.discount_amount)'
            ) }},
            1
        ) as net_share,
        case
            when
                sum(orders.costed_net_amount) > 0.5 * sum(orders.net_amount)
                then
                    {{ ratio(
                        'sum(orders.costed_net_amount - orders.cost_amount)',
                        'sum(orders.costed_net_amount)'
                    ) }}
        end as margin_share
    from orders
    inner join segments on orders.customer_id = segments.customer_id
    group by segments.persona_id

),

-- One basis for all: values are compared. A persona that buys goods without a
-- known cost takes the margin of the company.
company_margin as (

    select
        case
            when sum(costed_net_amount) > 0.5 * sum(net_amount)
                then
                    {{ ratio(
                        'sum(costed_net_amount - cost_amount)',
                        'sum(costed_net_amount)'
                    ) }}
        end as margin_share
    from orders

),

modelled as (

    select
        bought.customer_id,
        bought.persona_id,
        bought.frequency,
        bought.recency_days,
        bought.tenure_days,
        bought.mean_spend,
        bought.mean_gap_days,
        case
            when
                not value_status.is_fitted
                or value_factors.factor_12m is null
                or coalesce(
                    backtest.is_model_better,
                    company_backtest.is_model_better = 1,
                    true
                ) = false
                then 'naive'
            when
                bought.frequency >= 5
                and bought.std_gap_days <= 0.2 * bought.mean_gap_days
                then 'regular'
            when bought.frequency = 0 then 'single purchase'
            else 'model'
        end as method,
        bought.tenure_days - bought.recency_days
        <= bought.mean_gap_days + 3 * bought.std_gap_days + 3 as is_on_time,
        case
            when bought.frequency > 0
                then 1 / (
                    1 + exp(
                        ln(parameters.a)
                        - ln(greatest(
                            parameters.b + bought.frequency - 1, 1e-300
                        ))
                        + (parameters.r + bought.frequency) * (
                            ln(parameters.alpha + bought.tenure_days)
                            - ln(parameters.alpha + bought.recency_days)
                        )
                    )
                )
            else 1
        end as p_alive,
        value_status.is_fitted and value_factors.factor_12m is null
            as is_outdated,
        value_factors.factor_3m,
        value_factors.factor_6m,
        value_factors.factor_12m,
        value_factors.discounted_factor_12m,
        {% set p = 'coalesce(of_persona.p, of_all.p)' -%}
        {{ p }} * (
            coalesce(of_persona.v, of_all.v)
            + bought.frequency * greatest(coalesce(bought.mean_spend, 0), 0)
        ) / (
            {{ p }} * bought.frequency + coalesce(of_persona.q, of_all.q) - 1
        ) as model_spend,
        coalesce(persona_paces.purchases_per_day, 0) as purchases_per_day,
        coalesce(persona_paces.mean_spend, 0) as persona_spend,
        persona_margins.net_share,
        coalesce(
            value_status.margin_share,
            case
                when company_margin.margin_share is not null
                    then coalesce(
                        persona_margins.margin_share,
                        company_margin.margin_share
                    )
            end
        ) as margin_share,
        power(1 + value_status.discount_rate_per_year, -0.5)
            as mid_year_discount
    from bought
    cross join value_status
    cross join parameters
    cross join company_backtest
    cross join company_margin
    left join value_factors
        on
            bought.frequency = value_factors.frequency
            and bought.tenure_days = value_factors.tenure_days
    left join spend_parameters as of_persona
        on bought.persona_id = of_persona.persona_id
    left join spend_parameters as of_all on of_all.persona_id = 'company'
    left join backtest on bought.persona_id = backtest.persona_id
    left join persona_paces on bought.persona_id = persona_paces.persona_id
    left join persona_margins
        on bought.persona_id = persona_margins.persona_id

),

alive as (

    select
        *,
        case
            when method = 'regular' and is_on_time then 1
            else p_alive
        end as chance,
        case when method = 'naive' then persona_spend else model_spend end
            as spend_per_order
    from modelled

),

expected as (

    select
        *,
        {%- for month in [3, 6, 12] %}
        case
            when method = 'naive'
                then purchases_per_day * {{ month * month_days }}
            when method = 'regular'
                then chance * {{ month * month_days }} / mean_gap_days
            else chance * factor_{{ month }}m
        end as expected_orders_{{ month }}m,
        {%- endfor %}
        case
            when method = 'naive'
                then purchases_per_day * {{ 12 * month_days }} * mid_year_discount
            when method = 'regular'
                then
                    chance * {{ 12 * month_days }} / mean_gap_days
                    * mid_year_discount
            else chance * discounted_factor_12m
        end as discounted_orders_12m
    from alive

)

select
    customer_id,
    persona_id,
    method,
    is_outdated,
    frequency,
    recency_days,
    tenure_days,
    mean_spend,
    case when method in ('model', 'regular') then chance end as p_alive,
    spend_per_order,
    expected_orders_3m,
    expected_orders_6m,
    expected_orders_12m,
    {%- for month in [3, 6, 12] %}
    expected_orders_{{ month }}m * spend_per_order * net_share
        as expected_net_amount_{{ month }}m,
    {%- endfor %}
    discounted_orders_12m * spend_per_order * net_share
    * coalesce(margin_share, 1) as clv_12m,
    case when margin_share is null then 'net revenue' else 'margin' end
        as clv_basis
from expected
