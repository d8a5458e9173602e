with

mapped as (
    {{ rows_of_all_sources('marketing_spend') }}

),

judged as (

    select
        *,
        case
            when spend_date is null or channel is null or campaign_id is null
                then 'missing_key: spend_date or channel or campaign_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when amount is null
                then 'missing_value: amount is empty'
            when currency is null
                then 'missing_value: currency is empty'
            when amount < 0
                then 'out_of_range: amount is negative'
        end as fault
    from mapped

),

{{ settle('marketing_spend', key=['spend_date', 'channel', 'campaign_id']) }}

select * from settled
