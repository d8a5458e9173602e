with

mapped as (
    {{ rows_of_all_sources('campaigns') }}

),

judged as (

    select
        *,
        case
            when campaign_id is null
                then 'missing_key: campaign_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when channel is null
                then 'missing_value: channel is empty'
            when ends_on < starts_on
                then 'out_of_range: ends_on is before starts_on'
        end as fault
    from mapped

),

{{ settle('campaigns', key=['campaign_id']) }}

select * from settled
