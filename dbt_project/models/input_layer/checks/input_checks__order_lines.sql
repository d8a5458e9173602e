with

parents as (

    select
        order_id,
        max(case when outcome = 'loaded' then 1 else 0 end) as is_loaded
    from {{ ref('input_checks__orders') }}
    where order_id is not null
    group by order_id

),

mapped as (
    {{ rows_of_all_sources('order_lines') }}

),

matched as (

    select
        mapped.*,
        parents.is_loaded as is_parent_loaded
    from mapped
    left join parents on mapped.order_id = parents.order_id

),

judged as (

    select
        *,
        case
            when order_line_id is null
                then 'missing_key: order_line_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when order_id is null
                then 'missing_value: order_id is empty'
            when quantity is null
                then 'missing_value: quantity is empty'
            when unit_price is null
                then 'missing_value: unit_price is empty'
            when currency is null
                then 'missing_value: currency is empty'
            {{ unless_word('line_type', ['sale', 'return', 'adjustment']) }}
            when unit_price < 0 and line_type <> 'adjustment'
                then 'negative_price: unit_price is negative on a line that is no adjustment'
            when discount_amount < 0
                then 'out_of_range: discount_amount is negative'
            when quantity > 0 and line_type = 'return'
                then 'out_of_range: quantity is positive on a return'
            when is_parent_loaded is null
                then 'orphan: no order has this order_id'
            when is_parent_loaded = 0
                then 'parent_rejected: its order was set aside'
        end as fault
    from matched

),

{{ settle('order_lines', key=['order_line_id']) }}

select * from settled
