{# What the gates found when they last looked. What was observed stays private:
   it is text, and text may quote what was delivered. -#}
with

results as (

    select * from {{ source('meta', 'expectation_results') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

sources as (
    {% for source_name in var('sources') %}
    select
        'raw' as stage,
        '{{ source_name }}' as source,
        'raw.{{ source_name }}__' as prefix
    union all
    select
        'staging' as stage,
        '{{ source_name }}' as source,
        'staging.stg_{{ source_name }}__' as prefix
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

named as (

    select
        sources.stage,
        sources.source,
        substr(results.relation, length(sources.prefix) + 1) as entity,
        results.expectation,
        results.column_name,
        results.severity,
        results.is_success,
        results.error is not null as has_error,
        results.count_checked,
        results.count_unexpected,
        results.reason,
        results.checked_at,
        max(results.checked_at) over (
            partition by sources.stage, sources.source
        ) as last_checked_at
    from results
    inner join sources
        on
            substr(results.relation, 1, length(sources.prefix))
            = sources.prefix

)

select
    cast(named.stage as varchar) as stage,
    cast(named.source as varchar) as source,
    cast(named.entity as varchar) as entity,
    named.expectation,
    named.column_name,
    named.severity,
    named.is_success,
    named.has_error,
    named.count_checked,
    named.count_unexpected,
    named.reason,
    named.checked_at,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from named
cross join as_of
where named.checked_at = named.last_checked_at
