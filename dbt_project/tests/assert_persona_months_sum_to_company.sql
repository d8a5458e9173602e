-- The personas, unassigned included, sum to the company: every number that adds
-- up, month by month, on both bases, from the input layer and the orders.
with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

persona_months as (

    select * from {{ ref('int_persona_months') }}

),

customers as (

    select * from {{ ref('customers') }}

),

orders as (

    select
        *,
        cast(date_trunc('month', ordered_at) as date) as month
    from {{ ref('orders') }}
    where is_counted

),

marketing_spend as (

    select * from {{ ref('input_layer__marketing_spend') }}

),

company as (

    select
        month,
        'count_orders' as measure,
        cast(count(*) filter (where is_purchase) as decimal(18, 4)) as amount
    from orders
    group by month

    union all

    select
        month,
        'count_items' as measure,
        sum(count_items) filter (where is_purchase) as amount
    from orders
    group by month

    union all

    select
        month,
        'active_customers' as measure,
        count(distinct customer_id) filter (where is_purchase) as amount
    from orders
    group by month
    {% for column in ['gross_amount', 'discount_amount', 'return_amount',
        'costed_net_amount', 'cost_amount'] %}
    union all

    select
        month,
        '{{ column }}' as measure,
        sum({{ column }}) as amount
    from orders
    group by month
    {% endfor %}
    union all

    select
        cast(date_trunc('month', first_order_date) as date) as month,
        'new_customers' as measure,
        count(*) as amount
    from customers
    where first_order_date is not null
    group by cast(date_trunc('month', first_order_date) as date)
    {% for entity, happened_at, measure, condition in [
        ('web_sessions', 'started_at', 'count_sessions', 'true'),
        ('web_sessions', 'started_at', 'count_sessions_with_order',
            'order_id is not null'),
        ('support_tickets', 'opened_at', 'count_tickets', 'true'),
        ('campaign_touches', 'touched_at', 'count_touches', 'not is_held_out'),
        ('campaign_touches', 'touched_at', 'count_opens',
            'not is_held_out and opened_at is not null'),
    ] %}
    union all

    select
        cast(date_trunc('month', {{ happened_at }}) as date) as month,
        '{{ measure }}' as measure,
        count(*) as amount
    from {{ ref('input_layer__' ~ entity) }}
    cross join as_of
    where
        {{ condition }}
        and cast({{ happened_at }} as date) <= as_of.as_of_date
    group by cast(date_trunc('month', {{ happened_at }}) as date)
    {% endfor %}
    union all

    select
        cast(date_trunc('month', marketing_spend.spend_date) as date) as month,
        'marketing_spend' as measure,
        sum({{ converted('marketing_spend.amount', 'rates') }}) as amount
    from marketing_spend
    cross join as_of
    {{- join_rate(
        'rates', 'marketing_spend.currency', 'marketing_spend.spend_date'
    ) }}
    where marketing_spend.spend_date <= as_of.as_of_date
    group by cast(date_trunc('month', marketing_spend.spend_date) as date)

),

bases as (

    select 'month' as persona_basis
    union all
    select 'today' as persona_basis

),

personas as (
    {% for measure in ['count_orders', 'count_items', 'active_customers',
        'new_customers', 'gross_amount', 'discount_amount', 'return_amount',
        'costed_net_amount', 'cost_amount', 'count_sessions',
        'count_sessions_with_order', 'count_tickets', 'count_touches',
        'count_opens', 'marketing_spend'] %}
    select
        persona_basis,
        month,
        '{{ measure }}' as measure,
        cast(sum({{ measure }}) as decimal(18, 4)) as amount
    from persona_months
    group by persona_basis, month
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

expected as (

    select
        bases.persona_basis,
        company.month,
        company.measure,
        company.amount
    from company
    cross join bases

)

select
    coalesce(expected.persona_basis, personas.persona_basis) as persona_basis,
    coalesce(expected.month, personas.month) as month,
    coalesce(expected.measure, personas.measure) as measure,
    expected.amount as company_amount,
    personas.amount as personas_amount
from expected
full outer join personas
    on
        expected.persona_basis = personas.persona_basis
        and expected.month = personas.month
        and expected.measure = personas.measure
where coalesce(expected.amount, 0) <> coalesce(personas.amount, 0)
