{# The days of the window after a touch, as an interval. #}
{% macro conversion_window() -%}
interval {{ var('conversion_window_days') | int }} day
{%- endmacro %}
