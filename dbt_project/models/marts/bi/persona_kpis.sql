{# The scorecard with its labels: what persona_kpis_monthly tells, hidden cells
   included, beside the names of the persona and the parts of the date. It joins
   and computes nothing; its columns are those of its yml. -#}
with

persona_kpis_monthly as (

    select * from {{ ref('persona_kpis_monthly') }}

),

personas as (

    select * from {{ ref('dim_persona') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

labelled as (

    select
        persona_kpis_monthly.*,
        personas.persona_label,
        personas.persona_name,
        personas.persona_title,
        personas.persona_title_fa,
        personas.persona_title_vi,
        personas.is_current,
        dates.month_label,
        dates.quarter_label,
        dates.quarter,
        dates.year_number,
        dates.months_ago
    from persona_kpis_monthly
    left join personas
        on persona_kpis_monthly.persona_id = personas.persona_id
    left join dates on persona_kpis_monthly.month = dates.date_day

)

select
    {{ model.columns | join(',\n    ') }}
from labelled
