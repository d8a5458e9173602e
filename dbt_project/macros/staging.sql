{# The columns that say where a row came from; the last of a staging model.
   Rows of tables that were already in the warehouse have no delivery. #}
{% macro lineage(source_name, is_delivered=true) -%}
        cast('{{ source_name }}' as varchar) as source,
        {%- if is_delivered %}
        cast(delivery_id as bigint) as delivery_id,
        cast(delivery_row as bigint) as delivery_row,
        cast(delivered_at as timestamp) as delivered_at
        {%- else %}
        cast(0 as bigint) as delivery_id,
        cast(null as bigint) as delivery_row,
        cast(null as timestamp) as delivered_at
        {%- endif %}
{%- endmacro %}


{# Names every value that its type refused, with the value, or null: a row
   with one is set aside by the input layer as unparsable. #}
{% macro cast_failures(types) -%}
nullif(concat_ws(
            '; '
            {%- for column, type in types.items() %},
            case
                when {{ column }} is not null
                    and try_cast({{ column }} as {{ type }}) is null
                    then '{{ column | replace("'", "''") }}='
                        || cast({{ column }} as varchar)
            end
            {%- endfor %}
        ), '')
{%- endmacro %}


{# Makes an id unique to a source whose ids another source may use too. #}
{% macro make_id(namespace, column) -%}
'{{ namespace }}-' || cast({{ column }} as varchar)
{%- endmacro %}


{# Lower end of a band in text: '35-44' and '35' give 35, '65+' gives 65. #}
{% macro band_min(column, type='integer') -%}
try_cast(
            {{ regexp_extract(column, '([0-9]+[.]?[0-9]*)') }} as {{ type }}
        )
{%- endmacro %}


{# Upper end of a band in text: '35-44' gives 44, '35' gives 35, '65+' none. #}
{% macro band_max(column, type='integer') -%}
case
            when cast({{ column }} as varchar) not like '%+%'
                then try_cast(
                    {{ regexp_extract(column, '([0-9]+[.]?[0-9]*)[^0-9]*$') }}
                    as {{ type }}
                )
        end
{%- endmacro %}


{# A typed relation without rows, for an entity a source does not have. #}
{% macro empty_entity(source_name, entity) -%}
select
    {% for name, type in contract_types(entity).items() -%}
    cast(null as {{ type }}) as {{ name }},
    {% endfor -%}
    cast(null as varchar) as cast_failures
where false
{%- endmacro %}
