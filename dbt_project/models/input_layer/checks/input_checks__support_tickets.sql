with

mapped as (
    {{ rows_of_all_sources('support_tickets') }}

),

judged as (

    select
        *,
        case
            when ticket_id is null
                then 'missing_key: ticket_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when opened_at is null
                then 'missing_value: opened_at is empty'
            when {{ is_future('opened_at') }}
                then 'future_date: opened_at lies after the delivery'
            when csat not between 1 and 5
                then 'out_of_range: csat is not between 1 and 5'
            when resolved_at < opened_at
                then 'out_of_range: resolved_at is before opened_at'
            when first_response_at < opened_at
                then 'out_of_range: first_response_at is before opened_at'
        end as fault
    from mapped

),

{{ settle('support_tickets', key=['ticket_id']) }}

select * from settled
