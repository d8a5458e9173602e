with

mapped as (
    {{ rows_of_all_sources('social_interactions') }}

),

judged as (

    select
        *,
        case
            when interaction_id is null
                then 'missing_key: interaction_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when interacted_at is null
                then 'missing_value: interacted_at is empty'
            when {{ is_future('interacted_at') }}
                then 'future_date: interacted_at lies after the delivery'
            when sentiment not between -1 and 1
                then 'out_of_range: sentiment is not between -1 and 1'
        end as fault
    from mapped

),

{{ settle('social_interactions', key=['interaction_id']) }}

select * from settled
