{# A quotient as a double; null where there is nothing to divide by. #}
{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}


{# Months of the window in which a buyer was known, up to a month; at least 3,
   so that a first purchase makes no rate of twelve a year. Null before it. #}
{% macro observed_months(first_order_month, month) -%}
case
            when {{ first_order_month }} is not null
                then least(
                    {{ var('window_months') }},
                    greatest(
                        3,
                        (
                            extract(year from {{ month }})
                            - extract(year from {{ first_order_month }})
                        ) * 12
                        + extract(month from {{ month }})
                        - extract(month from {{ first_order_month }}) + 1
                    )
                )
        end
{%- endmacro %}


{# The day of analysis as a literal, or null where the var is empty. #}
{% macro as_of_literal() -%}
    {%- set text = var('as_of_date') | string -%}
    {%- if not text or text == 'None' -%}
cast(null as date)
    {%- elif modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', text) -%}
date '{{ text }}'
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "The var as_of_date is '" ~ text ~ "': write it as 2026-06-30."
    ) }}
    {%- endif -%}
{%- endmacro %}


{# The first month of the history as a literal; the beginning of time where the
   var is empty. #}
{% macro history_start_literal() -%}
    {%- set text = var('history_start') | string -%}
    {%- if not text or text == 'None' -%}
date '1900-01-01'
    {%- elif modules.re.fullmatch('[0-9]{4}-[0-9]{2}-01', text) -%}
date '{{ text }}'
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "The var history_start is '" ~ text ~ "': write the first day of a "
        ~ "month, such as 2024-01-01."
    ) }}
    {%- endif -%}
{%- endmacro %}


{# Names as text literals; they are column names of this project. #}
{% macro quoted_literals(names) -%}
    {%- set literals = [] -%}
    {%- for name in names -%}
        {%- do literals.append("'" ~ name ~ "'") -%}
    {%- endfor -%}
    {{ return(literals) }}
{%- endmacro %}


{# How sure an assignment is: 0 on the border of two groups, towards 1 deep
   inside. The same as in ml.algorithms; 1 where there is one group only. #}
{% macro confidence(algorithm, distance, runner_up_distance) -%}
case
            when {{ runner_up_distance }} is null then 1.0
            when {{ algorithm }} = 'mixture'
                then
                    1 - exp(
                        (
                            {{ distance }} * {{ distance }}
                            - {{ runner_up_distance }} * {{ runner_up_distance }}
                        ) / 2
                    )
            when {{ runner_up_distance }} > 0
                then
                    ({{ runner_up_distance }} - {{ distance }})
                    / {{ runner_up_distance }}
            else 0.0
        end
{%- endmacro %}


{# The language of names and titles as a literal. #}
{% macro language_literal() -%}
    {%- set text = var('language') | string -%}
    {%- if not modules.re.fullmatch('[a-z]{2,3}', text) -%}
    {{ exceptions.raise_compiler_error(
        "The var language is '" ~ text ~ "': write a code such as en."
    ) }}
    {%- endif -%}
'{{ text }}'
{%- endmacro %}


{# The run that built a row. Read when a model runs, not when it is parsed, so
   that a new run does not parse the project anew. #}
{% macro run_id_literal() -%}
    {%- if execute -%}
    {%- set text = env_var('PERSONA_RUN_ID', invocation_id) -%}
    {%- if not modules.re.fullmatch('[A-Za-z0-9-]{1,64}', text) -%}
    {{ exceptions.raise_compiler_error('PERSONA_RUN_ID is not a run id.') }}
    {%- endif -%}
cast('{{ text }}' as varchar)
    {%- else -%}
cast('' as varchar)
    {%- endif -%}
{%- endmacro %}


{# The behaviour of the last `window_months` months, from the additive columns
   window_…; the same formulas for today and for every past month-end. #}
{% macro behaviour_formulas() -%}
    {{ ratio('window_orders * 12.0', 'observed_months') }}
        as orders_per_year,
    {{ ratio('window_gross_amount - window_discount_amount', 'window_orders') }}
        as avg_order_value,
    {{ ratio('window_items', 'window_orders') }} as avg_items_per_order,
    {{ ratio('window_lines', 'window_orders') }} as avg_lines_per_order,
    {{ ratio('window_gross_amount', 'window_items') }} as avg_item_price,
    {{ ratio('window_discount_amount', 'window_gross_amount') }}
        as discount_share,
    {{ ratio('window_discounted_orders', 'window_orders') }}
        as discounted_order_share,
    {{ ratio('window_return_amount', 'window_gross_amount') }} as return_share,
    {{ ratio('window_web_orders', 'window_orders') }} as web_order_share,
    {{ ratio('window_app_orders', 'window_orders') }} as app_order_share,
    {{ ratio('window_store_orders', 'window_orders') }} as store_order_share,
    {{ ratio('window_phone_orders', 'window_orders') }} as phone_order_share,
    {{ ratio('window_marketplace_orders', 'window_orders') }}
        as marketplace_order_share,
    {{ ratio('window_morning_orders', 'window_orders') }}
        as morning_order_share,
    {{ ratio('window_afternoon_orders', 'window_orders') }}
        as afternoon_order_share,
    {{ ratio('window_evening_orders', 'window_orders') }}
        as evening_order_share,
    {{ ratio('window_weekend_orders', 'window_orders') }}
        as weekend_order_share,
    {{ ratio('window_sessions', 'observed_months') }} as sessions_per_month,
    {{ ratio('window_mobile_sessions', 'window_sessions') }}
        as mobile_session_share,
    {{ ratio('window_pageviews', 'window_sessions') }}
        as pageviews_per_session,
    {{ ratio('window_sessions_with_order', 'window_sessions') }}
        as session_conversion_share,
    {{ ratio('window_social_interactions * 12.0', 'observed_months') }}
        as social_interactions_per_year,
    {{ ratio('window_tickets * 12.0', 'observed_months') }}
        as tickets_per_year,
    {{ ratio('window_reviews * 12.0', 'observed_months') }}
        as reviews_per_year
{%- endmacro %}


{# One element of the score vector: clipped, shaped, drawn towards the average
   where it rests on little, standardised and weighted, all with the parameters
   stored at the fit. The same arithmetic as ml.scaling.apply_scaling. #}
{% macro score_element(feature, position) -%}
    {%- set clipped -%}
greatest(least({{ feature.name }}, {{ element('clip_high', position) }}), {{ element('clip_low', position) }})
    {%- endset -%}
    {%- if feature.shape == 'log1p' -%}
        {%- set shaped -%} ln(1 + {{ clipped }}) {%- endset -%}
    {%- elif feature.shape == 'sqrt' -%}
        {%- set shaped -%} sqrt({{ clipped }}) {%- endset -%}
    {%- else -%}
        {%- set shaped = clipped -%}
    {%- endif -%}
    {%- set base = element('baseline', position) -%}
    {%- set settled -%}
case when {{ feature.name }} is null then {{ base }} else {{ shaped }} end
    {%- endset -%}
    {%- if feature.support -%}
        {%- set n = 'coalesce(' ~ feature.support ~ ', 0)' -%}
        {%- set prior = element('prior_count', position) -%}
        {%- set value -%}
coalesce(({{ n }} * ({{ settled }}) + {{ prior }} * {{ base }}) / nullif({{ n }} + {{ prior }}, 0), {{ base }})
        {%- endset -%}
    {%- else -%}
        {%- set value = settled -%}
    {%- endif -%}
(({{ value }}) - {{ element('center', position) }}) / {{ element('scale', position) }} * {{ element('weight', position) }}
{%- endmacro %}


{# Distance of a point from a group that has a spread per feature and an offset:
   sqrt(offset + sum of squares). The same as ml.clustering.assign. A product of
   equal factors, because power() takes five times as long. #}
{% macro scaled_distance(vector, center, spread, offset, length) -%}
    {%- set squares = [] -%}
    {%- for position in range(1, length + 1) -%}
        {%- set apart -%}
(({{ element(vector, position) }} - {{ element(center, position) }}) / {{ element(spread, position) }})
        {%- endset -%}
        {%- do squares.append(apart ~ ' * ' ~ apart) -%}
    {%- endfor -%}
sqrt(
        {{ offset }}
        + {{ squares | join('\n        + ') }}
    )
{%- endmacro %}
