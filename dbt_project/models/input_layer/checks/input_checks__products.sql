with

mapped as (
    {{ rows_of_all_sources('products') }}

),

judged as (

    select
        *,
        case
            when product_id is null
                then 'missing_key: product_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when unit_cost < 0
                then 'out_of_range: unit_cost is negative'
            when list_price < 0
                then 'out_of_range: list_price is negative'
        end as fault
    from mapped

),

{{ settle('products', key=['product_id']) }}

select * from settled
