{# The metrics of the semantic layer as rows, and their formulas in words, read
   from dbt's graph, so that nothing is written twice. #}

{# A measure in words: how it is aggregated, of what, in which semantic model. #}
{% macro measure_formula(name) -%}
    {%- set words = {
        'sum': 'sum of ', 'average': 'mean of ', 'count': 'number of ',
        'count_distinct': 'number of different ',
        'sum_boolean': 'number of rows with '
    } -%}
    {%- set found = [] -%}
    {%- for model in graph.semantic_models.values() -%}
        {%- for measure in model.measures if measure.name == name -%}
            {%- set column = modules.re.sub(
                '^case when (.+) then (.+) end$', '\\2 where \\1',
                measure.expr or name
            ) -%}
            {%- do found.append(
                words[measure.agg] ~ column ~ ' in ' ~ model.name
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found[0]) }}
{%- endmacro %}


{# A metric in words: of its measure, or of other metrics. #}
{% macro metric_formula(metric) -%}
    {%- set params = metric.type_params -%}
    {%- if metric.filter -%}
        {{ exceptions.raise_compiler_error(
            'The metric ' ~ metric.name ~ ' has a filter, which its formula '
            ~ 'does not tell: write it into a measure.'
        ) }}
    {%- elif metric.type == 'simple' -%}
        {{ return(measure_formula(params.measure.name)) }}
    {%- elif metric.type == 'ratio' -%}
        {{ return(params.numerator.name ~ ' / ' ~ params.denominator.name) }}
    {%- elif metric.type == 'cumulative' -%}
        {%- set start = params.cumulative_type_params.grain_to_date -%}
        {{ return(
            measure_formula(params.measure.name) ~ ', from the beginning'
            ~ (' of the ' ~ start if start else '')
        ) }}
    {%- elif metric.type == 'conversion' -%}
        {%- set params = params.conversion_type_params -%}
        {{ return(
            measure_formula(params.base_measure.name) ~ ' that are followed by ('
            ~ measure_formula(params.conversion_measure.name) ~ ') of the same '
            ~ params.entity ~ ' within ' ~ params.window.count ~ ' '
            ~ params.window.granularity ~ 's, as a share'
        ) }}
    {%- endif -%}
    {%- set parts = [params.expr] -%}
    {%- for input in params.metrics if input.offset_window -%}
        {%- do parts.append(
            input.alias ~ ': ' ~ input.name ~ ' ' ~ input.offset_window.count
            ~ ' ' ~ input.offset_window.granularity ~ ' before'
        ) -%}
    {%- endfor -%}
    {{ return(parts | join('; ')) }}
{%- endmacro %}


{# A text on one line as a literal; null where there is none. #}
{% macro text_literal(text) -%}
    {%- if text -%}
'{{ text.split() | join(' ') | replace("'", "''") }}'
    {%- else -%}
cast(null as varchar)
    {%- endif -%}
{%- endmacro %}


{# One row per metric, in the order of their names. The graph is known when a
   model runs, not when it is parsed. #}
{% macro metric_rows() -%}
    {%- set rows = [] -%}
    {%- if execute -%}
        {%- for metric in graph.metrics.values() | sort(attribute='name') -%}
            {%- set meta = metric.config.meta -%}
            {%- set kpi = (meta.kpi_column or '.').split('.') -%}
            {%- set cells = [] -%}
            {%- for text in [
                metric.name, metric.label, metric.description,
                metric_formula(metric), meta.unit, meta.owner,
                meta.period or 'any', metric.type, kpi[0], kpi[1]
            ] -%}
                {%- do cells.append(text_literal(text)) -%}
            {%- endfor -%}
            {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(rows) }}
{%- endmacro %}
