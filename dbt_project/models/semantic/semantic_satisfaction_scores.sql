{# What customers say in a number: net promoter score 0-10, satisfaction 1-5 in
   surveys and after a ticket. -#}
with

survey_responses as (

    select * from {{ ref('input_layer__survey_responses') }}

),

survey_questions as (

    select * from {{ ref('input_layer__survey_questions') }}

),

support_tickets as (

    select * from {{ ref('input_layer__support_tickets') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

scores as (

    select
        survey_responses.response_id as score_id,
        survey_responses.customer_id,
        survey_questions.construct as score_kind,
        'survey' as asked_in,
        cast(survey_responses.answer_number as double) as score,
        survey_responses.answered_at as scored_at
    from survey_responses
    inner join survey_questions
        on survey_responses.question_id = survey_questions.question_id
    where
        survey_questions.construct in ('nps', 'csat')
        and survey_responses.answer_number is not null

    union all

    select
        ticket_id as score_id,
        customer_id,
        'csat' as score_kind,
        'ticket' as asked_in,
        cast(csat as double) as score,
        opened_at as scored_at
    from support_tickets
    where csat is not null

)

select
    scores.asked_in || '-' || scores.score_id as score_id,
    scores.customer_id,
    {{ persona_ids() }},
    scores.asked_in,
    case when scores.score_kind = 'nps' then scores.score end as nps_score,
    case when scores.score_kind = 'csat' then scores.score end as csat_score,
    scores.score_kind = 'nps' and scores.score >= 9 as is_promoter,
    scores.score_kind = 'nps' and scores.score <= 6 as is_detractor,
    scores.score_kind = 'csat' and scores.score >= 4 as is_satisfied,
    scores.scored_at
from scores
cross join as_of
{{- join_segments('scores', 'scores.scored_at') }}
where cast(scores.scored_at as date) <= as_of.as_of_date
