{# The contract of an entity lives in the yml of input_layer__<entity>; these
   macros read it, so that a column is written down once. #}

{% macro contract_types(entity) %}
    {% set types = {} %}
    {% if execute %}
        {% set node = graph.nodes[
            'model.persona_warehouse.input_layer__' ~ entity
        ] %}
        {% for column in node.columns.values() %}
            {% do types.update({column.name: column.data_type}) %}
        {% endfor %}
    {% endif %}
    {{ return(types) }}
{% endmacro %}


{% macro contract_columns(entity) %}
    {{ return(contract_types(entity).keys() | list) }}
{% endmacro %}


{# The columns that say something about the world, without the lineage. #}
{% macro business_columns(entity) %}
    {{ return(
        contract_columns(entity)
        | reject('in', ['source', 'delivery_id', 'delivery_row', 'delivered_at'])
        | list
    ) }}
{% endmacro %}


{# The staging rows of an entity from every source that is on. #}
{% macro rows_of_all_sources(entity) -%}
    {%- set columns = contract_columns(entity) + ['cast_failures'] -%}
    {%- for source_name in var('sources') %}
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Whether a time lies in the future of the delivery that brought it. A day of
   grace is left for time zones. Rows without a delivery cannot be judged. #}
{% macro is_future(column) -%}
{{ column }} > delivered_at + interval 1 day
{%- endmacro %}


{# A branch of `fault`: the column holds a word that is not one of the contract's. #}
{% macro unless_word(column, words) -%}
when {{ column }} not in ('{{ words | join("', '") }}')
                then
                    'unknown_value: {{ column }} is none of '
                    || '{{ words | join(", ") }}: '
                    || substr({{ column }}, 1, 60)
{%- endmacro %}


{# What becomes of the rows of the CTE `judged` (the mapped rows and their
   `fault`, "code: sentence" or null): loaded, rejected or duplicate.

   Of rows with the same key the one delivered last is the winner; rows equal
   to it are duplicates, other ones are rejected as conflicting. Only keys that
   occur twice pay for it. #}
{% macro settle(entity, key) -%}
    {%- set columns = contract_columns(entity) -%}
    {%- set same_key %}
        {%- for column in key -%}
            judged.{{ column }} = repeated_keys.{{ column }}
            {{- ' and ' if not loop.last }}
        {%- endfor -%}
    {% endset -%}
repeated_keys as (

    select {{ key | join(', ') }}
    from judged
    where fault is null
    group by {{ key | join(', ') }}
    having count(*) > 1

),

contenders as (

    select
        judged.*,
        md5(concat_ws(
            '|'
            {%- for column in business_columns(entity) %},
            coalesce(cast(judged.{{ column }} as varchar), '~')
            {%- endfor %}
        )) as content_hash
    from judged
    inner join repeated_keys on {{ same_key }}
    where judged.fault is null

),

ranked as (

    select
        *,
        row_number() over newest_first as place,
        first_value(content_hash) over newest_first as winning_hash
    from contenders
    window newest_first as (
        partition by {{ key | join(', ') }}
        order by
            delivery_id desc, delivery_row desc, content_hash asc
    )

),

settled as (

    select
        {% for column in columns -%}
        judged.{{ column }},
        {% endfor -%}
        case when judged.fault is null then 'loaded' else 'rejected' end
            as outcome,
        judged.fault
    from judged
    left join repeated_keys
        on judged.fault is null and {{ same_key }}
    where repeated_keys.{{ key[0] }} is null

    union all

    select
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        case
            when place = 1 then 'loaded'
            when content_hash = winning_hash then 'duplicate'
            else 'rejected'
        end as outcome,
        case
            when content_hash <> winning_hash
                then
                    'conflicting_duplicate: a later row with the same '
                    || '{{ key | join(", ") }} says otherwise and has won'
        end as fault
    from ranked

)
{%- endmacro %}


{# The rows of an entity that passed, with the columns of the contract. #}
{% macro loaded_rows(entity) -%}
select
    {{ contract_columns(entity) | join(',\n    ') }}
from {{ ref('input_checks__' ~ entity) }}
where outcome = 'loaded'
{%- endmacro %}


{# The 15 canonical entities. #}
{% macro entities() %}
    {{ return([
        'customers', 'customer_identifiers', 'products', 'orders',
        'order_lines', 'web_sessions', 'social_interactions',
        'survey_questions', 'survey_responses', 'support_tickets', 'reviews',
        'campaigns', 'campaign_touches', 'marketing_spend',
        'market_benchmarks',
    ]) }}
{% endmacro %}
