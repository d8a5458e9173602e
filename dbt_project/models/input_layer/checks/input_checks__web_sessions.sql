with

mapped as (
    {{ rows_of_all_sources('web_sessions') }}

),

judged as (

    select
        *,
        case
            when session_id is null
                then 'missing_key: session_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when started_at is null
                then 'missing_value: started_at is empty'
            when {{ is_future('started_at') }}
                then 'future_date: started_at lies after the delivery'
            when duration_seconds < 0
                then 'out_of_range: duration_seconds is negative'
            when pageviews < 0
                then 'out_of_range: pageviews is negative'
        end as fault
    from mapped

),

{{ settle('web_sessions', key=['session_id']) }}

select * from settled
