{# Customers that a published number counts at least. #}
{% macro privacy_floor() -%}11{%- endmacro %}


{# Whether a count is to be hidden: it is below the floor, or it is the smallest
   of those that are not and what is hidden would together be below the floor,
   so that the total less the visible ones gave it back. Groups are what has a
   total: the columns of `partition`; the key orders equals. #}
{% macro is_below_floor(count, partition, key) -%}
{{ count }} < {{ privacy_floor() }}
        or coalesce(sum({{ count }}) over (
            partition by {{ partition }}
            order by {{ count }} asc, {{ key }} asc
            rows between unbounded preceding and 1 preceding
        ), 0) between 1 and {{ privacy_floor() | int - 1 }}
{%- endmacro %}


{# The same for cells that may be empty: a cell that counts nobody is shown. #}
{% macro is_small_cell(count, partition, key) -%}
({{ count }}) between 1 and {{ privacy_floor() | int - 1 }}
            or coalesce(sum({{ count }}) over (
                partition by {{ partition }}
                order by ({{ count }}) asc, {{ key }} asc
                rows between unbounded preceding and 1 preceding
            ), 0) between 1 and {{ privacy_floor() | int - 1 }}
{%- endmacro %}
