{# The currency that all amounts are told in, as a literal; null where the var is
   empty: then all amounts must be in one currency. #}
{% macro reporting_currency_literal() -%}
    {%- set text = var('reporting_currency') | string -%}
    {%- if not text or text == 'None' -%}
cast(null as varchar)
    {%- elif modules.re.fullmatch('[A-Z]{3}', text) -%}
'{{ text }}'
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "The var reporting_currency is '" ~ text ~ "': write an ISO 4217 code "
        ~ "such as EUR, or nothing where all amounts are in one currency."
    ) }}
    {%- endif -%}
{%- endmacro %}


{# Whether amounts are converted: the var reporting_currency is set. #}
{% macro is_converting() -%}
    {{ return((var('reporting_currency') or '') | string | length > 0) }}
{%- endmacro %}


{# The rate of a currency on a day, joined as `alias`; nothing where amounts are
   not converted. #}
{% macro join_rate(alias, currency, date) -%}
    {%- if is_converting() %}
    left join {{ ref('int_currency_rates') }} as {{ alias }}
        on
            {{ currency }} = {{ alias }}.currency
            and {{ date }} >= {{ alias }}.valid_from
            and {{ date }} < {{ alias }}.valid_to
    {%- endif %}
{%- endmacro %}


{# An amount in the reporting currency. Where there is no rate the build has
   stopped before. #}
{% macro converted(amount, alias) -%}
    {%- if is_converting() -%}
cast({{ amount }} * {{ alias }}.rate as decimal(18, 4))
    {%- else -%}
{{ amount }}
    {%- endif -%}
{%- endmacro %}


{# Stops the build where amounts cannot be added up, and names the rows. #}
{% macro refuse_mixed_currencies() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set found = run_query(
            "select entity, currency, count_rows, examples from ("
            ~ rows_per_currency() ~ ") where not is_rated "
            ~ "order by entity, currency"
        ).rows -%}
        {%- if found | length -%}
            {%- set lines = [] -%}
            {%- for row in found -%}
                {%- do lines.append(
                    row[0] ~ '.currency is ' ~ row[1] ~ ' in ' ~ row[2]
                    ~ ' rows, such as ' ~ row[3]
                ) -%}
            {%- endfor -%}
            {%- if is_converting() -%}
                {%- set mend =
                    'write the rates to ' ~ var('reporting_currency')
                    ~ ' into seeds/currency_rates.csv, from the first of these '
                    ~ 'days on'
                -%}
            {%- else -%}
                {%- set mend =
                    'turn off a source, or set the var reporting_currency and '
                    ~ 'write the rates into seeds/currency_rates.csv'
                -%}
            {%- endif -%}
            {{ exceptions.raise_compiler_error(
                'Amounts in different currencies cannot be added up: '
                ~ lines | join('; ') ~ '. Mend: ' ~ mend ~ '.'
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# Rows per entity and currency, the first and the last of their keys, and
   whether they can be added up: they are in the one currency there is, or have a
   rate from their first day on. #}
{% macro rows_per_currency() -%}
    {%- set entities = {
        'orders': ['order_id', 'cast(ordered_at as date)'],
        'order_lines': ['order_line_id', 'cast(null as date)'],
        'marketing_spend': [
            "cast(spend_date as varchar) || ' ' || channel", 'spend_date'
        ],
        'products': ['product_id', 'cast(null as date)']
    } -%}
with

counted as (
    {%- for entity, columns in entities.items() %}
    select
        '{{ entity }}' as entity,
        currency,
        count(*) as count_rows,
        min({{ columns[0] }}) as first_key,
        max({{ columns[0] }}) as last_key,
        min({{ columns[1] }}) as first_date
    from {{ ref('input_layer__' ~ entity) }}
    where currency is not null
    group by currency
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

rated as (
    {%- if is_converting() %}
    select
        currency,
        min(valid_from) as rated_from
    from {{ ref('int_currency_rates') }}
    group by currency
    {%- else %}
    select
        min(currency) as currency,
        cast(null as date) as rated_from
    from counted
    where entity = 'orders'
    {%- endif %}
)

select
    counted.entity,
    counted.currency,
    counted.count_rows,
    concat_ws(', ', counted.first_key, counted.last_key) as examples,
    rated.currency is not null
    and coalesce(counted.first_date >= rated.rated_from, true) as is_rated
from counted
left join rated on counted.currency = rated.currency
{%- endmacro %}
