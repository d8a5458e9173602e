{# What each persona of today bought in the window of the personas, exact. Two
   levels, category and subcategory; the 30 commonest categories and the 100
   commonest subcategories, the others of their parent as 'other'. A customer
   has bought where a purchase has a sale of it; amounts are net of what came
   back. A discount on a whole order is shared out by gross amount, so that the
   groups sum to the orders to the cent. People are customers, and guests by
   order. -#}
{{ config(materialized='table') }}

with

order_lines as (

    select * from {{ ref('order_lines') }}
    where is_counted

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

order_totals as (

    select * from {{ ref('int_order_lines_aggregated_to_orders') }}

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

items as (

    select
        order_lines.order_id,
        min(order_lines.customer_id) as customer_id,
        coalesce(order_lines.category, 'unknown') as category,
        coalesce(order_lines.subcategory, 'unknown') as subcategory,
        max(
            case
                when order_lines.is_purchase and order_lines.line_type = 'sale'
                    then 1
                else 0
            end
        ) as is_bought,
        sum(order_lines.gross_amount) as gross_amount,
        sum(order_lines.net_amount) as net_amount
    from order_lines
    cross join as_of
    where order_lines.ordered_date >= as_of.window_start_month
    group by
        order_lines.order_id,
        coalesce(order_lines.category, 'unknown'),
        coalesce(order_lines.subcategory, 'unknown')

),

discounts as (

    select
        orders.order_id,
        orders.customer_id,
        orders.gross_amount,
        orders.discount_amount - coalesce(order_totals.discount_amount, 0)
            as discount_amount
    from orders
    cross join as_of
    left join order_totals on orders.order_id = order_totals.order_id
    where
        orders.ordered_date >= as_of.window_start_month
        and orders.discount_amount <> coalesce(order_totals.discount_amount, 0)

),

shared as (

    select
        items.order_id,
        items.category,
        items.subcategory,
        discounts.discount_amount,
        case
            when discounts.gross_amount > 0
                then cast(
                    cast(discounts.discount_amount as double)
                    * items.gross_amount / discounts.gross_amount
                    as decimal(18, 4)
                )
            else 0
        end as part_amount,
        row_number() over (
            partition by items.order_id
            order by
                items.gross_amount desc,
                items.category asc,
                items.subcategory asc
        ) as place
    from items
    inner join discounts on items.order_id = discounts.order_id

),

-- What rounding leaves goes to the largest part, and all of it to an unknown
-- product where an order has no line.
rounded as (

    select
        order_id,
        category,
        subcategory,
        part_amount
        + case
            when place = 1
                then
                    discount_amount
                    - sum(part_amount) over (partition by order_id)
            else 0
        end as part_amount
    from shared

),

lines as (

    select
        items.order_id,
        items.customer_id,
        items.category,
        items.subcategory,
        items.is_bought,
        items.net_amount - coalesce(rounded.part_amount, 0) as net_amount
    from items
    left join rounded
        on
            items.order_id = rounded.order_id
            and items.category = rounded.category
            and items.subcategory = rounded.subcategory

    union all

    select
        discounts.order_id,
        discounts.customer_id,
        'unknown' as category,
        'unknown' as subcategory,
        0 as is_bought,
        -discounts.discount_amount as net_amount
    from discounts
    left join shared on discounts.order_id = shared.order_id
    where shared.order_id is null

),

baskets as (

    select
        order_id,
        min(customer_id) as customer_id,
        category,
        max(is_bought) as is_bought,
        sum(net_amount) as net_amount
    from lines
    group by order_id, category

),

by_subcategory as (

    select
        customer_id,
        category,
        subcategory,
        sum(is_bought) as count_orders,
        sum(net_amount) as net_amount
    from lines
    group by customer_id, category, subcategory

),

by_category as (

    select
        customer_id,
        category,
        sum(is_bought) as count_orders,
        sum(net_amount) as net_amount
    from baskets
    group by customer_id, category

),

common_categories as (

    select
        category,
        row_number() over (
            order by
                count(customer_id) filter (where count_orders > 0) desc,
                category asc
        ) <= 30 as is_common
    from by_category
    group by category

),

common_subcategories as (

    select
        by_subcategory.category,
        by_subcategory.subcategory,
        min(common_categories.category) filter (
            where common_categories.is_common
        ) is not null as is_common_category,
        row_number() over (
            order by
                count(by_subcategory.customer_id) filter (
                    where by_subcategory.count_orders > 0
                ) desc,
                by_subcategory.category asc,
                by_subcategory.subcategory asc
        ) <= 100 as is_common
    from by_subcategory
    inner join common_categories
        on by_subcategory.category = common_categories.category
    group by by_subcategory.category, by_subcategory.subcategory

),

named as (

    select
        'category' as level,
        by_category.customer_id,
        case
            when common_categories.is_common then by_category.category
            else 'other'
        end as category,
        'all' as subcategory,
        by_category.count_orders,
        by_category.net_amount
    from by_category
    inner join common_categories
        on by_category.category = common_categories.category

    union all

    select
        'subcategory' as level,
        by_subcategory.customer_id,
        case
            when common_subcategories.is_common_category
                then by_subcategory.category
            else 'other'
        end as category,
        case
            when
                common_subcategories.is_common
                and common_subcategories.is_common_category
                then by_subcategory.subcategory
            else 'other'
        end as subcategory,
        by_subcategory.count_orders,
        by_subcategory.net_amount
    from by_subcategory
    inner join common_subcategories
        on
            by_subcategory.category = common_subcategories.category
            and by_subcategory.subcategory = common_subcategories.subcategory

),

-- What was merged may have several rows of a customer.
customers as (

    select
        level,
        customer_id,
        category,
        subcategory,
        count_orders,
        net_amount
    from named
    where category <> 'other' and subcategory <> 'other'

    union all

    select
        level,
        customer_id,
        category,
        subcategory,
        sum(count_orders) as count_orders,
        sum(net_amount) as net_amount
    from named
    where category = 'other' or subcategory = 'other'
    group by level, customer_id, category, subcategory

),

grouped as (

    select
        coalesce(customer_personas.persona_id, 'unassigned') as persona_id,
        customers.level,
        customers.category,
        customers.subcategory,
        count(customers.customer_id) filter (where customers.count_orders > 0)
            as count_customers,
        count(customers.customer_id) + coalesce(
            sum(customers.count_orders) filter (
                where customers.customer_id is null
            ), 0
        ) as count_people,
        sum(customers.count_orders) as count_orders,
        sum(customers.net_amount) as net_amount
    from customers
    left join customer_personas
        on customers.customer_id = customer_personas.customer_id
    group by
        coalesce(customer_personas.persona_id, 'unassigned'),
        customers.level,
        customers.category,
        customers.subcategory

),

buyers as (

    select
        coalesce(customer_personas.persona_id, 'unassigned') as persona_id,
        count(distinct orders.customer_id) as count_buyers
    from orders
    cross join as_of
    left join customer_personas
        on orders.customer_id = customer_personas.customer_id
    where
        orders.is_purchase
        and orders.ordered_date >= as_of.window_start_month
    group by coalesce(customer_personas.persona_id, 'unassigned')

),

product_groups as (

    select distinct
        level,
        category,
        subcategory
    from grouped

),

-- Also where a persona has none: that, too, can be a claim.
persona_groups as (

    select
        personas.persona_id,
        product_groups.level,
        product_groups.category,
        product_groups.subcategory
    from (select distinct persona_id from grouped) as personas
    cross join product_groups

)

select
    persona_groups.persona_id,
    persona_groups.level,
    persona_groups.category,
    persona_groups.subcategory,
    cast(coalesce(buyers.count_buyers, 0) as bigint) as count_buyers,
    cast(coalesce(grouped.count_customers, 0) as bigint) as count_customers,
    cast(coalesce(grouped.count_people, 0) as bigint) as count_people,
    cast(coalesce(grouped.count_orders, 0) as bigint) as count_orders,
    cast(coalesce(grouped.net_amount, 0) as decimal(18, 4)) as net_amount,
    as_of.window_start_month
from persona_groups
cross join as_of
left join buyers on persona_groups.persona_id = buyers.persona_id
left join grouped
    on
        persona_groups.persona_id = grouped.persona_id
        and persona_groups.level = grouped.level
        and persona_groups.category = grouped.category
        and persona_groups.subcategory = grouped.subcategory
