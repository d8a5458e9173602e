with

mapped as (
    {{ rows_of_all_sources('survey_questions') }}

),

judged as (

    select
        *,
        case
            when question_id is null
                then 'missing_key: question_id is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when dimension is null
                then 'missing_value: dimension is empty'
            when dimension not in ('value', 'interest', 'attitude', 'motivation', 'lifestyle', 'goal', 'pain_point', 'satisfaction', 'background')
                then 'unknown_value: dimension is not a word of the contract'
            when answer_kind not in ('number', 'choice', 'text')
                then 'unknown_value: answer_kind is not a word of the contract'
            when scale_min >= scale_max
                then 'out_of_range: scale_min is not below scale_max'
        end as fault
    from mapped

),

{{ settle('survey_questions', key=['question_id']) }}

select * from settled
