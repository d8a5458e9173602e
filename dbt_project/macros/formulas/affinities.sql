{# Months that a cohort spans as a literal; null where the var is empty. #}
{% macro cohort_months_literal() -%}
    {%- set text = var('cohort_months') | string -%}
    {%- if not text or text == 'None' -%}
cast(null as integer)
    {%- elif text in ('1', '3', '12') -%}
cast({{ text }} as integer)
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "The var cohort_months is '" ~ text ~ "': write 1, 3 or 12, or nothing "
        ~ "for the finest at which cohorts are large enough."
    ) }}
    {%- endif -%}
{%- endmacro %}


{# Days without a session after which a journey has ended. #}
{% macro journey_window_days() -%}
    {%- set text = var('journey_window_days') | string -%}
    {%- if modules.re.fullmatch('[1-9][0-9]{0,2}', text) -%}
{{ text }}
    {%- else -%}
    {{ exceptions.raise_compiler_error(
        "The var journey_window_days is '" ~ text ~ "': write a number of days "
        ~ "from 1 to 999."
    ) }}
    {%- endif -%}
{%- endmacro %}


{# Months from one first day of a month to another. #}
{% macro months_between(start, end) -%}
(
            (extract(year from {{ end }}) - extract(year from {{ start }})) * 12
            + extract(month from {{ end }}) - extract(month from {{ start }})
        )
{%- endmacro %}


{# The first month of the block of `months` months that a month lies in: the
   month itself, its quarter's first or January. #}
{% macro block_start(month, months) -%}
case {{ months }}
            when 1 then {{ month }}
            when 3 then cast(date_trunc('quarter', {{ month }}) as date)
            else cast(date_trunc('year', {{ month }}) as date)
        end
{%- endmacro %}
