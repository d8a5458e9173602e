with

delivered as (
    {% for entity in entities() %}
    {%- set entity_loop = loop %}
    {%- for source_name in var('sources') %}
    select
        '{{ entity }}' as entity,
        '{{ source_name }}' as source,
        count(*) as rows_delivered
    from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
    {{ 'union all' if not (loop.last and entity_loop.last) }}
    {%- endfor %}
    {%- endfor %}

),

settled as (
    {% for entity in entities() %}
    select
        '{{ entity }}' as entity,
        source,
        count(*) filter (where outcome = 'loaded') as rows_loaded,
        count(*) filter (where outcome = 'rejected') as rows_rejected,
        count(*) filter (where outcome = 'duplicate') as rows_duplicate
    from {{ ref('input_checks__' ~ entity) }}
    group by source
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    cast(delivered.entity as varchar) as entity,
    cast(delivered.source as varchar) as source,
    cast(delivered.rows_delivered as bigint) as rows_delivered,
    cast(coalesce(settled.rows_loaded, 0) as bigint) as rows_loaded,
    cast(coalesce(settled.rows_rejected, 0) as bigint) as rows_rejected,
    cast(coalesce(settled.rows_duplicate, 0) as bigint) as rows_duplicate,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from delivered
cross join as_of
left join settled
    on
        delivered.entity = settled.entity
        and delivered.source = settled.source
