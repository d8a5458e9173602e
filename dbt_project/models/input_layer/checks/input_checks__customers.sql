with

mapped as (
    {{ rows_of_all_sources('customers') }}

),

judged as (

    select
        *,
        case
            when customer_id is null
                then 'missing_key: customer_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when birth_date < date '1900-01-01' or birth_date > cast(delivered_at as date)
                then 'impossible_birth: birth_date is before 1900 or after the delivery'
            when age_min > age_max
                then 'out_of_range: age_min is above age_max'
            when age_min not between 0 and 120
                then 'out_of_range: age_min is not between 0 and 120'
            when income_min > income_max
                then 'out_of_range: income_min is above income_max'
            when income_min < 0
                then 'out_of_range: income_min is negative'
            when {{ is_future('registered_at') }}
                then 'future_date: registered_at lies after the delivery'
        end as fault
    from mapped

),

{{ settle('customers', key=['customer_id']) }}

select * from settled
