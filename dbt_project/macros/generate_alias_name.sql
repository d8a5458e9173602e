{# The newest version of a model bears the model's name, so that nobody who reads
   the table has to follow; an older one is <name>_v<version>. #}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- if custom_alias_name -%}
{{ custom_alias_name | trim }}
    {%- elif node.version and node.version != node.latest_version -%}
{{ node.name ~ '_v' ~ node.version }}
    {%- else -%}
{{ node.name }}
    {%- endif -%}
{%- endmacro %}
