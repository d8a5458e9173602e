{# The personas by country and acquisition channel, in the cells of dim_customer.
   Guests have neither: their orders stand under unassigned, Unknown, so that the
   orders and amounts of a persona's cells sum to those of `personas`. As those are
   published, a cell of too few buyers is left out together with the next smallest
   of its persona, and with them all cells of a persona whose value is left out in
   persona_value. Of all time, not of a year: a year of which a month is hidden in
   the scorecard would give that month back. -#}
with

customers as (

    select * from {{ ref('dim_customer') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

customer_values as (

    select * from {{ ref('int_customer_value') }}

),

persona_values as (

    select * from {{ ref('persona_value') }}

),

personas as (

    select * from {{ ref('dim_persona') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

bought as (

    select
        customer_id,
        count(*) filter (where is_purchase) as count_orders,
        sum(net_amount) as net_amount
    from orders
    where customer_id is not null
    group by customer_id

),

counted as (

    select
        customers.persona_id,
        customers.country,
        customers.acquisition_channel,
        count(*) as count_customers,
        count(bought.customer_id) as count_buyers,
        0 as count_guest_orders,
        sum(bought.count_orders) as count_orders,
        sum(bought.net_amount) as net_amount,
        count(customer_values.customer_id) as count_valued,
        sum(cast(customer_values.expected_orders_12m as decimal(28, 10)))
            as expected_orders_12m,
        sum(cast(customer_values.expected_net_amount_12m as decimal(28, 10)))
            as expected_net_amount_12m,
        sum(cast(customer_values.clv_12m as decimal(28, 10))) as clv_12m
    from customers
    left join bought on customers.customer_id = bought.customer_id
    left join customer_values
        on customers.customer_id = customer_values.customer_id
    group by
        customers.persona_id, customers.country, customers.acquisition_channel

    union all

    select
        'unassigned' as persona_id,
        'Unknown' as country,
        'Unknown' as acquisition_channel,
        0 as count_customers,
        0 as count_buyers,
        count(*) as count_guest_orders,
        count(*) filter (where is_purchase) as count_orders,
        sum(net_amount) as net_amount,
        0 as count_valued,
        null as expected_orders_12m,
        null as expected_net_amount_12m,
        null as clv_12m
    from orders
    where customer_id is null
    having count(*) > 0

),

cells as (

    select
        persona_id,
        country,
        acquisition_channel,
        sum(count_customers) as count_customers,
        sum(count_buyers) as count_buyers,
        sum(count_guest_orders) as count_guest_orders,
        coalesce(sum(count_orders), 0) as count_orders,
        coalesce(sum(net_amount), 0) as net_amount,
        sum(count_valued) as count_valued,
        sum(expected_orders_12m) as expected_orders_12m,
        sum(expected_net_amount_12m) as expected_net_amount_12m,
        sum(clv_12m) as clv_12m
    from counted
    group by persona_id, country, acquisition_channel

),

judged as (

    select
        cells.*,
        {{ ratio(
            'cells.count_customers', 'sum(cells.count_customers) over ()'
        ) }} as customer_share,
        coalesce(persona_values.is_hidden, false)
        {%- for part in [
            'count_buyers', 'count_buyers + count_guest_orders', 'count_valued'
        ] %}
        or {{ is_small_cell(
            part, 'cells.persona_id', 'country asc, acquisition_channel'
        ) }}
        {%- endfor %} as is_hidden
    from cells
    left join persona_values on cells.persona_id = persona_values.persona_id

)

select
    judged.persona_id,
    personas.persona_label,
    personas.persona_name,
    personas.persona_title,
    personas.persona_title_fa,
    personas.persona_title_vi,
    judged.country,
    judged.acquisition_channel,
    judged.is_hidden,
    cast(judged.count_customers as bigint) as count_customers,
    coalesce(judged.customer_share, 0) as customer_share,
    {%- for column, type in {
        'count_orders': 'bigint', 'net_amount': 'decimal(18, 4)',
        'expected_orders_12m': 'double',
        'expected_net_amount_12m': 'decimal(18, 4)', 'clv_12m': 'decimal(18, 4)'
    }.items() %}
    cast(case when not judged.is_hidden then judged.{{ column }} end as {{ type }})
        as {{ column }},
    {%- endfor %}
    coalesce(persona_values.clv_basis, 'not valued') as clv_basis,
    currencies.currency,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from judged
cross join currencies
cross join as_of
inner join personas on judged.persona_id = personas.persona_id
left join persona_values on judged.persona_id = persona_values.persona_id
