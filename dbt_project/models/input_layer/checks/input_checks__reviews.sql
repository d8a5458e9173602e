with

mapped as (
    {{ rows_of_all_sources('reviews') }}

),

judged as (

    select
        *,
        case
            when review_id is null
                then 'missing_key: review_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when reviewed_at is null
                then 'missing_value: reviewed_at is empty'
            when {{ is_future('reviewed_at') }}
                then 'future_date: reviewed_at lies after the delivery'
            when rating not between 1 and 5
                then 'out_of_range: rating is not between 1 and 5'
        end as fault
    from mapped

),

{{ settle('reviews', key=['review_id']) }}

select * from settled
