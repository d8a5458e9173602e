with

parents as (

    select
        campaign_id,
        max(case when outcome = 'loaded' then 1 else 0 end) as is_loaded
    from {{ ref('input_checks__campaigns') }}
    where campaign_id is not null
    group by campaign_id

),

mapped as (
    {{ rows_of_all_sources('campaign_touches') }}

),

matched as (

    select
        mapped.*,
        parents.is_loaded as is_parent_loaded
    from mapped
    left join parents on mapped.campaign_id = parents.campaign_id

),

judged as (

    select
        *,
        case
            when touch_id is null
                then 'missing_key: touch_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when campaign_id is null
                then 'missing_value: campaign_id is empty'
            when customer_id is null
                then 'missing_value: customer_id is empty'
            when touched_at is null
                then 'missing_value: touched_at is empty'
            when is_held_out is null
                then 'missing_value: is_held_out is empty'
            when {{ is_future('touched_at') }}
                then 'future_date: touched_at lies after the delivery'
            when is_parent_loaded is null
                then 'orphan: no campaign has this campaign_id'
            when is_parent_loaded = 0
                then 'parent_rejected: its campaign was set aside'
        end as fault
    from matched

),

{{ settle('campaign_touches', key=['touch_id']) }}

select * from settled
