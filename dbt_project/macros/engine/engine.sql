{# Where DuckDB and Spark differ. One macro per difference, both engines. #}

{% macro regexp_extract(column, pattern) -%}
    {{ return(adapter.dispatch('regexp_extract')(column, pattern)) }}
{%- endmacro %}

{% macro default__regexp_extract(column, pattern) -%}
nullif(regexp_extract(cast({{ column }} as varchar), '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro spark__regexp_extract(column, pattern) -%}
nullif(regexp_extract(cast({{ column }} as string), r'{{ pattern }}', 1), '')
{%- endmacro %}


{# Whether a text matches a pattern anywhere. #}
{% macro matches(column, pattern) -%}
    {{ return(adapter.dispatch('matches')(column, pattern)) }}
{%- endmacro %}

{% macro default__matches(column, pattern) -%}
regexp_matches({{ column }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(column, pattern) -%}
{{ column }} rlike r'{{ pattern }}'
{%- endmacro %}


{# Monday 1 to Sunday 7. #}
{% macro iso_weekday(column) -%}
    {{ return(adapter.dispatch('iso_weekday')(column)) }}
{%- endmacro %}

{% macro default__iso_weekday(column) -%}
extract(isodow from {{ column }})
{%- endmacro %}

{% macro spark__iso_weekday(column) -%}
extract(dayofweek_iso from {{ column }})
{%- endmacro %}


{# Seconds from one timestamp to another. #}
{% macro seconds_between(start, end) -%}
    {{ return(adapter.dispatch('seconds_between')(start, end)) }}
{%- endmacro %}

{% macro default__seconds_between(start, end) -%}
date_diff('second', {{ start }}, {{ end }})
{%- endmacro %}

{% macro spark__seconds_between(start, end) -%}
(unix_timestamp({{ end }}) - unix_timestamp({{ start }}))
{%- endmacro %}


{# A row as JSON text, of the columns named. #}
{% macro row_as_json(columns) -%}
    {{ return(adapter.dispatch('row_as_json')(columns)) }}
{%- endmacro %}

{% macro default__row_as_json(columns) -%}
cast(to_json(struct_pack(
        {%- for column in columns %}
        {{ column }} := {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    )) as varchar)
{%- endmacro %}

{% macro spark__row_as_json(columns) -%}
to_json(struct({{ columns | join(', ') }}))
{%- endmacro %}


{# An array of the expressions, in their order. #}
{% macro array_of(expressions) -%}
    {{ return(adapter.dispatch('array_of')(expressions)) }}
{%- endmacro %}

{% macro default__array_of(expressions) -%}
list_value(
        {{ expressions | join(',\n        ') }}
    )
{%- endmacro %}

{% macro spark__array_of(expressions) -%}
array(
        {{ expressions | join(',\n        ') }}
    )
{%- endmacro %}


{# The values of a group as one array, in the order of another column. #}
{% macro array_agg_ordered(value, position) -%}
    {{ return(adapter.dispatch('array_agg_ordered')(value, position)) }}
{%- endmacro %}

{% macro default__array_agg_ordered(value, position) -%}
list({{ value }} order by {{ position }})
{%- endmacro %}

{% macro spark__array_agg_ordered(value, position) -%}
transform(
        sort_array(collect_list(struct({{ position }}, {{ value }}))),
        pair -> pair.{{ value }}
    )
{%- endmacro %}


{# Element of an array, counted from 1. #}
{% macro element(array, position) -%}
    {{ return(adapter.dispatch('element')(array, position)) }}
{%- endmacro %}

{% macro default__element(array, position) -%}
{{ array }}[{{ position }}]
{%- endmacro %}

{% macro spark__element(array, position) -%}
element_at({{ array }}, {{ position }})
{%- endmacro %}


{# Euclidean distance of two arrays of the same length. #}
{% macro vector_distance(left, right, length) -%}
    {{ return(adapter.dispatch('vector_distance')(left, right, length)) }}
{%- endmacro %}

{% macro default__vector_distance(left, right, length) -%}
array_distance(
        cast({{ left }} as double[{{ length }}]),
        cast({{ right }} as double[{{ length }}])
    )
{%- endmacro %}

{% macro spark__vector_distance(left, right, length) -%}
sqrt(aggregate(
        zip_with({{ left }}, {{ right }}, (a, b) -> (a - b) * (a - b)),
        cast(0 as double), (total, part) -> total + part
    ))
{%- endmacro %}


{# Columns as one value with fields of their names. #}
{% macro struct_of(columns) -%}
    {{ return(adapter.dispatch('struct_of')(columns)) }}
{%- endmacro %}

{% macro default__struct_of(columns) -%}
struct_pack(
        {%- for column in columns %}
        {{ column }} := {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro spark__struct_of(columns) -%}
struct({{ columns | join(', ') }})
{%- endmacro %}


{# An array with an expression over each element, which it calls by a name. #}
{% macro array_of_each(array, name, expression) -%}
    {{ return(adapter.dispatch('array_of_each')(array, name, expression)) }}
{%- endmacro %}

{% macro default__array_of_each(array, name, expression) -%}
list_transform({{ array }}, lambda {{ name }}: {{ expression }})
{%- endmacro %}

{% macro spark__array_of_each(array, name, expression) -%}
transform({{ array }}, {{ name }} -> {{ expression }})
{%- endmacro %}


{# An array in ascending order. #}
{% macro array_sorted(array) -%}
    {{ return(adapter.dispatch('array_sorted')(array)) }}
{%- endmacro %}

{% macro default__array_sorted(array) -%}
list_sort({{ array }})
{%- endmacro %}

{% macro spark__array_sorted(array) -%}
sort_array({{ array }})
{%- endmacro %}


{# Where in an array, behind the first so many elements, a value comes first. #}
{% macro array_position_behind(array, value, count) -%}
    {{ return(adapter.dispatch('array_position_behind')(array, value, count)) }}
{%- endmacro %}

{% macro default__array_position_behind(array, value, count) -%}
({{ count }} + list_position({{ array }}[{{ count }} + 1:], {{ value }}))
{%- endmacro %}

{% macro spark__array_position_behind(array, value, count) -%}
cast(
        {{ count }} + array_position(
            slice({{ array }}, cast({{ count }} as int) + 1, size({{ array }})),
            {{ value }}
        ) as int
    )
{%- endmacro %}


{# Behind the `as` of a step that is read twice: it is computed once. #}
{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once')()) }}
{%- endmacro %}

{% macro default__computed_once() -%}
materialized
{%- endmacro %}

{% macro spark__computed_once() -%}
{%- endmacro %}
