with

mapped as (
    {{ rows_of_all_sources('orders') }}

),

judged as (

    select
        *,
        case
            when order_id is null
                then 'missing_key: order_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when ordered_at is null
                then 'missing_value: ordered_at is empty'
            when currency is null
                then 'missing_value: currency is empty'
            when {{ is_future('ordered_at') }}
                then 'future_date: ordered_at lies after the delivery'
            when discount_amount < 0
                then 'out_of_range: discount_amount is negative'
            {{ unless_word('status', ['completed', 'cancelled', 'returned', 'pending']) }}
            {{ unless_word('channel', ['web', 'app', 'store', 'phone', 'marketplace']) }}
        end as fault
    from mapped

),

{{ settle('orders', key=['order_id']) }}

select * from settled
