{# The personas of a row's customer, joined by join_segments: the one of the
   row's month, and today's. Who is no customer is unassigned. #}
{% macro persona_ids() -%}
coalesce(segments.persona_id, 'unassigned') as persona_id,
    coalesce(segments_today.persona_id, 'unassigned') as persona_today_id
{%- endmacro %}


{# Joins what persona_ids reads to a relation that has a customer_id. #}
{% macro join_segments(relation, happened_at) %}
left join segments
    on
        {{ relation }}.customer_id = segments.customer_id
        and segments.persona_basis = 'month'
        and {{ happened_at }} >= segments.from_month
        and {{ happened_at }} < segments.to_month
left join segments as segments_today
    on
        {{ relation }}.customer_id = segments_today.customer_id
        and segments_today.persona_basis = 'today'
{%- endmacro %}
