with

parents as (

    select
        question_id,
        max(case when outcome = 'loaded' then 1 else 0 end) as is_loaded
    from {{ ref('input_checks__survey_questions') }}
    where question_id is not null
    group by question_id

),

mapped as (
    {{ rows_of_all_sources('survey_responses') }}

),

matched as (

    select
        mapped.*,
        parents.is_loaded as is_parent_loaded
    from mapped
    left join parents on mapped.question_id = parents.question_id

),

judged as (

    select
        *,
        case
            when response_id is null
                then 'missing_key: response_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when question_id is null
                then 'missing_value: question_id is empty'
            when answered_at is null
                then 'missing_value: answered_at is empty'
            when {{ is_future('answered_at') }}
                then 'future_date: answered_at lies after the delivery'
            when is_parent_loaded is null
                then 'orphan: no question has this question_id'
            when is_parent_loaded = 0
                then 'parent_rejected: its question was set aside'
        end as fault
    from matched

),

{{ settle('survey_responses', key=['response_id']) }}

select * from settled
