{{ config(materialized='table') }}

with

social_interactions as (

    select * from {{ ref('input_layer__social_interactions') }}

),

support_tickets as (

    select * from {{ ref('input_layer__support_tickets') }}

),

reviews as (

    select * from {{ ref('input_layer__reviews') }}

),

campaign_touches as (

    select * from {{ ref('input_layer__campaign_touches') }}

),

survey_responses as (

    select * from {{ ref('input_layer__survey_responses') }}

),

survey_questions as (

    select * from {{ ref('input_layer__survey_questions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

-- Every contact is brought to one narrow shape and summed once.
contacts as (

    select
        customer_id,
        interacted_at as happened_at,
        'social' as contact_kind,
        cast(sentiment as decimal(18, 4)) as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        interaction_kind in ('comment', 'share', 'mention', 'message')
            as is_marked
    from social_interactions

    union all

    select
        customer_id,
        opened_at as happened_at,
        'ticket' as contact_kind,
        cast(csat as decimal(18, 4)) as measure,
        {{ seconds_between('opened_at', 'first_response_at') }}
            as first_response_seconds,
        {{ seconds_between('opened_at', 'resolved_at') }} as resolution_seconds,
        priority in ('high', 'urgent') as is_marked
    from support_tickets

    union all

    select
        customer_id,
        reviewed_at as happened_at,
        'review' as contact_kind,
        cast(rating as decimal(18, 4)) as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        review_text is not null as is_marked
    from reviews

    union all

    select
        customer_id,
        touched_at as happened_at,
        case when is_held_out then 'held_out' else 'touch' end as contact_kind,
        cast(case when clicked_at is not null then 1 else 0 end as decimal(18, 4))
            as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        opened_at is not null as is_marked
    from campaign_touches

    union all

    select
        survey_responses.customer_id,
        survey_responses.answered_at as happened_at,
        'answer' as contact_kind,
        case
            when survey_questions.construct = 'nps'
                then cast(survey_responses.answer_number as decimal(18, 4))
        end as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        survey_questions.construct = 'nps' as is_marked
    from survey_responses
    left join survey_questions
        on survey_responses.question_id = survey_questions.question_id

)

select
    contacts.customer_id,
    cast(date_trunc('month', contacts.happened_at) as date) as month,
    count(*) filter (where contact_kind = 'social')
        as count_social_interactions,
    count(*) filter (where contact_kind = 'social' and is_marked)
        as count_social_posts,
    count(measure) filter (where contact_kind = 'social') as count_sentiments,
    coalesce(sum(measure) filter (where contact_kind = 'social'), 0) as sum_sentiment,
    count(*) filter (where contact_kind = 'ticket') as count_tickets,
    count(*) filter (where contact_kind = 'ticket' and is_marked)
        as count_urgent_tickets,
    count(first_response_seconds) as count_first_responses,
    coalesce(sum(first_response_seconds), 0) as sum_first_response_seconds,
    count(resolution_seconds) as count_resolutions,
    coalesce(sum(resolution_seconds), 0) as sum_resolution_seconds,
    count(measure) filter (where contact_kind = 'ticket') as count_csat,
    coalesce(sum(measure) filter (where contact_kind = 'ticket'), 0) as sum_csat,
    count(*) filter (where contact_kind = 'review') as count_reviews,
    coalesce(sum(measure) filter (where contact_kind = 'review'), 0) as sum_ratings,
    count(*) filter (where contact_kind = 'touch') as count_touches,
    count(*) filter (where contact_kind = 'held_out') as count_held_out,
    count(*) filter (where contact_kind = 'touch' and is_marked) as count_opens,
    coalesce(sum(measure) filter (where contact_kind = 'touch'), 0) as count_clicks,
    count(*) filter (where contact_kind = 'answer') as count_survey_answers,
    count(measure) filter (where contact_kind = 'answer') as count_nps,
    coalesce(sum(measure) filter (where contact_kind = 'answer'), 0) as sum_nps
from contacts
cross join as_of
where
    contacts.customer_id is not null
    and cast(contacts.happened_at as date) <= as_of.as_of_date
group by
    contacts.customer_id,
    cast(date_trunc('month', contacts.happened_at) as date)
