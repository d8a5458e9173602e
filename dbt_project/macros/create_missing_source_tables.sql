{# dbt build is valid on a fresh warehouse: what has not been delivered or
   trained yet is an empty table with the declared columns. Tables that a
   source has in a schema of its own are not made: dbt names the missing one. #}
{% macro create_missing_source_tables() %}
    {% if execute and flags.WHICH in ('build', 'run', 'test', 'snapshot') %}
        {% set ours = [
            'ml', 'ml_evidence', 'ml_affinity', 'ml_value', 'ml_campaigns',
            'ml_budget', 'ml_flows', 'meta'
        ] %}
        {% for source_name in var('sources') %}
            {% do ours.append('raw_' ~ source_name) %}
        {% endfor %}
        {% set wanted = [] %}
        {% for node in graph.sources.values() %}
            {% if node.source_name in ours
                and node.schema in ('raw', 'ml', 'meta') %}
                {% do wanted.append(node) %}
            {% endif %}
        {% endfor %}
        {% for node in wanted %}
            {% set relation = adapter.get_relation(
                node.database, node.schema, node.identifier
            ) %}
            {% if relation is none %}
                {% do adapter.create_schema(api.Relation.create(
                    database=node.database, schema=node.schema
                )) %}
                {% set columns = [] %}
                {% for column in node.columns.values() %}
                    {% do columns.append(
                        adapter.quote(column.name)
                        ~ ' ' ~ (column.data_type or 'varchar')
                    ) %}
                {% endfor %}
                {% do run_query(
                    'create table if not exists '
                    ~ node.relation_name
                    ~ ' (' ~ columns | join(', ') ~ ')'
                ) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
