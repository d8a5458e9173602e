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
            {{ unless_word('dimension', ['value', 'interest', 'attitude', 'motivation', 'lifestyle', 'goal', 'pain_point', 'satisfaction', 'background']) }}
            {{ unless_word('answer_kind', ['number', 'choice', 'text']) }}
            when scale_min >= scale_max
                then 'out_of_range: scale_min is not below scale_max'
        end as fault
    from mapped

),

{{ settle('survey_questions', key=['question_id']) }}

select * from settled
