{# Every day of whole calendar years, from that of the first purchase, or of the
   first month of the scorecard where visits or spend came before it, to that of
   as_of_date: no gap, so that a month without orders is a month with none. -#}
with recursive

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

spine as (

    select min(date_day) as first_day from {{ ref('time_spine') }}

),

persona_months as (

    select min(month) as first_month from {{ ref('int_persona_months') }}

),

days as (

    select
        cast(
            date_trunc(
                'year', least(spine.first_day, persona_months.first_month)
            ) as date
        ) as date_day,
        cast(
            date_trunc('year', as_of.as_of_date) + interval 1 year as date
        ) as end_day,
        as_of.as_of_date
    from spine
    cross join persona_months
    cross join as_of

    union all

    select
        cast(date_day + interval 1 day as date) as date_day,
        end_day,
        as_of_date
    from days
    where date_day + interval 1 day < end_day

),

parts as (

    select
        *,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_number,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(day from date_day) as integer) as day_number,
        cast({{ iso_weekday('date_day') }} as integer) as weekday_number
    from days
    where date_day is not null

)

select
    date_day,
    year_number,
    quarter_number,
    month_number,
    day_number,
    weekday_number,
    cast(date_trunc('month', date_day) as date) as month,
    cast(date_trunc('quarter', date_day) as date) as quarter,
    cast(year_number as varchar)
    || '-' || right('0' || cast(month_number as varchar), 2) as month_label,
    cast(year_number as varchar)
    || ' Q' || cast(quarter_number as varchar) as quarter_label,
    case month_number
        {%- for name in [
            'January', 'February', 'March', 'April', 'May', 'June', 'July',
            'August', 'September', 'October', 'November', 'December'
        ] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end as month_name,
    case weekday_number
        {%- for name in [
            'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday',
            'Sunday'
        ] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end as weekday_name,
    weekday_number >= 6 as is_weekend,
    date_day > as_of_date as is_future,
    cast(
        (extract(year from as_of_date) - year_number) * 12
        + extract(month from as_of_date) - month_number as integer
    ) as months_ago,
    as_of_date,
    {{ run_id_literal() }} as run_id
from parts
