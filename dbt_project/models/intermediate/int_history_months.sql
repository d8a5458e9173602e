{# Every month of the history, from the first order to today. The version changes
   when data of the month or of an earlier one do: what rests on them is then
   computed anew. -#}
{{ config(materialized='table') }}
{%- set subjects = {
    'orders': 'int_orders_aggregated_to_customer_months',
    'web_sessions': 'int_web_sessions_aggregated_to_customer_months',
    'contacts': 'int_contacts_aggregated_to_customer_months'
} %}

with recursive

as_of as (

    select * from {{ ref('int_as_of_date') }}

),
{% for subject, rollup in subjects.items() %}
{{ subject }} as (

    select
        month,
        count(*) as count_customers,
        {%- for column in window_columns(subject) %}
        sum({{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(rollup) }}
    group by month

),
{% endfor %}
delivered_months as (
    {% for subject in subjects %}
    select month from {{ subject }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

first_orders as (

    select
        greatest(
            min(month) filter (where count_orders > 0),
            {{ history_start_literal() }}
        ) as month
    from orders

),

months as (

    select
        min(delivered_months.month) as month,
        max(as_of.as_of_month) as last_month
    from delivered_months
    cross join as_of

    union all

    select
        cast(month + interval 1 month as date) as month,
        last_month
    from months
    where month < last_month

),

versioned as (

    select
        months.month,
        md5(concat_ws(
            '|',
            '{{ var("window_months") }}'
            {%- for subject in subjects %}
            {%- for column in ['count_customers'] + window_columns(subject) %},
            cast(
                sum(coalesce({{ subject }}.{{ column }}, 0)) over until_then
                as varchar
            )
            {%- endfor %}
            {%- endfor %}
        )) as data_version
    from months
    left join orders on months.month = orders.month
    left join web_sessions on months.month = web_sessions.month
    left join contacts on months.month = contacts.month
    where months.month is not null
    window until_then as (
        order by months.month asc
        rows between unbounded preceding and current row
    )

)

select
    versioned.month,
    cast(
        versioned.month + interval 1 month - interval 1 day as date
    ) as month_end,
    cast(
        versioned.month
        - interval {{ var('window_months') | int - 1 }} month as date
    ) as window_start_month,
    cast(
        versioned.month + interval 1 month - interval 1 day as date
    ) <= as_of.as_of_date as is_complete,
    versioned.data_version
from versioned
cross join as_of
inner join first_orders on versioned.month >= first_orders.month
