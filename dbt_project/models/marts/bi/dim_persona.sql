{# Every persona that a published row may speak of: those of today, their parts,
   those that are no more, and unassigned. No nulls: what is not known says
   Unknown. -#}
with

personas as (

    select * from {{ ref('personas') }}

),

persona_texts as (

    select * from {{ ref('persona_texts') }}

),

persona_months as (

    select distinct persona_id from {{ ref('int_persona_months') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

titles as (

    select
        persona_id,
        {%- for language in ['en', 'fa', 'vi'] %}
        max(case when language = '{{ language }}' then persona_title end)
            as title_{{ language }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from persona_texts
    group by persona_id

),

named as (

    select
        persona_id,
        parent_persona_id,
        persona_name,
        persona_title,
        verdict,
        true as is_current
    from personas

    union all

    select
        persona_months.persona_id,
        null as parent_persona_id,
        null as persona_name,
        null as persona_title,
        null as verdict,
        persona_months.persona_id = 'unassigned' as is_current
    from persona_months
    left join personas on persona_months.persona_id = personas.persona_id
    where personas.persona_id is null

)

select
    named.persona_id,
    case
        when named.persona_id = 'unassigned' then 'Unassigned'
        when named.persona_name is null then named.persona_id
        else named.persona_id || ' ' || named.persona_name
    end as persona_label,
    coalesce(
        named.persona_name,
        case when named.persona_id = 'unassigned' then 'Unassigned' end,
        'Unknown'
    ) as persona_name,
    coalesce(
        titles.title_en, named.persona_title,
        case when named.persona_id = 'unassigned' then 'Unassigned' end,
        'Unknown'
    ) as persona_title,
    {%- for language in ['fa', 'vi'] %}
    coalesce(
        titles.title_{{ language }}, titles.title_en, named.persona_title,
        case when named.persona_id = 'unassigned' then 'Unassigned' end,
        'Unknown'
    ) as persona_title_{{ language }},
    {%- endfor %}
    coalesce(named.parent_persona_id, named.persona_id) as top_persona_id,
    named.parent_persona_id is not null as is_sub_persona,
    named.is_current,
    coalesce(named.verdict, 'Unknown') as verdict,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from named
cross join as_of
left join titles on named.persona_id = titles.persona_id
