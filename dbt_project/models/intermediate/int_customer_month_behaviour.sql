{# What a customer did in a single month with an order: the same formulas as over
   the window that segments, but over that month alone. -#}
{%- set subjects = {
    'orders': 'int_orders_aggregated_to_customer_months',
    'web_sessions': 'int_web_sessions_aggregated_to_customer_months',
    'contacts': 'int_contacts_aggregated_to_customer_months'
} -%}
with
{% for subject, rollup in subjects.items() %}
{{ subject }} as (

    select * from {{ ref(rollup) }}
    {%- if subject == 'orders' %}
    where count_orders > 0
    {%- endif %}

),
{% endfor %}
observed as (

    select
        orders.customer_id,
        orders.month,
        1 as observed_months,
        {%- for subject in subjects %}
        {%- set is_last_subject = loop.last %}
        {%- for column in window_columns(subject) %}
        coalesce({{ subject }}.{{ column }}, 0)
            as window_{{ modules.re.sub('^(count|sum)_', '', column) }}
            {{- '' if is_last_subject and loop.last else ',' }}
        {%- endfor %}
        {%- endfor %}
    from orders
    left join web_sessions
        on
            orders.customer_id = web_sessions.customer_id
            and orders.month = web_sessions.month
    left join contacts
        on
            orders.customer_id = contacts.customer_id
            and orders.month = contacts.month

)

select
    customer_id,
    month,
    {{ behaviour_formulas() }}
from observed
