{# The days of the window after a touch, as an interval. #}
{% macro conversion_window() -%}
interval {{ var('conversion_window_days') | int }} day
{%- endmacro %}


{# What is known of a customer before a touch and may explain both who is touched
   and who buys. Amounts and counts as logarithms: a few large ones would hide
   how alike all others are. #}
{% macro campaign_covariates() -%}
    {{ return([
        'orders_last_year', 'net_amount_last_year', 'sessions_last_year',
        'tickets_last_year', 'touches_last_year', 'opens_last_year',
        'months_since_order', 'months_known', 'orders_last_30_days'
    ]) }}
{%- endmacro %}


{# A figure of a campaign, where it does not show a few customers; amounts with
   their type. #}
{% macro shown(column, flag='has_hidden_figures', data_type=none) -%}
case
        when not effects.{{ flag }}
            then
                {% if data_type -%}
                cast(effects.{{ column }} as {{ data_type }})
                {%- else -%}
                effects.{{ column }}
                {%- endif %}
    end as {{ column }}
{%- endmacro %}
