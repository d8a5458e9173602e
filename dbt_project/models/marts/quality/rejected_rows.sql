{% for entity in entities() %}
{%- set key = graph.nodes['model.persona_warehouse.input_checks__' ~ entity]
    .config.meta.key if execute else [] %}
select
    cast('{{ entity }}' as varchar) as entity,
    source,
    cast(concat_ws('|' {%- for column in key -%}
        , cast({{ column }} as varchar)
    {%- endfor %}) as varchar) as row_key,
    cast(split_part(fault, ':', 1) as varchar) as reason,
    cast(substr(fault, length(split_part(fault, ':', 1)) + 3) as varchar)
        as detail,
    {{ row_as_json(business_columns(entity)) }} as row_json,
    delivery_id,
    delivery_row,
    {{ run_id_literal() }} as run_id
from {{ ref('input_checks__' ~ entity) }}
where outcome = 'rejected'
{{ 'union all' if not loop.last }}
{%- endfor %}
