{# Every contact, brought to one narrow shape. The measure is what is averaged
   (sentiment, score, rating) or whether a message was clicked; is_marked what is
   counted beside it: a post of their own, an urgent ticket, a review in words, an
   opened message, an NPS answer. -#}
with

social_interactions as (

    select * from {{ ref('input_layer__social_interactions') }}

),

support_tickets as (

    select * from {{ ref('input_layer__support_tickets') }}

),

ticket_categories as (

    select * from {{ ref('ticket_categories') }}

),

reviews as (

    select * from {{ ref('input_layer__reviews') }}

),

campaigns as (

    select * from {{ ref('input_layer__campaigns') }}

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

-- What answered a campaign: the last purchase that names it.
campaign_orders as (

    select
        customer_id,
        campaign_id,
        max(ordered_at) as last_ordered_at
    from {{ ref('orders') }}
    where is_purchase and campaign_id is not null
    group by customer_id, campaign_id

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

contacts as (

    select
        customer_id,
        interacted_at as happened_at,
        'social' as contact_kind,
        cast(sentiment as decimal(18, 4)) as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        interaction_kind in ('comment', 'share', 'mention', 'message')
            as is_marked,
        false as is_complaint,
        false as is_email,
        false as is_response
    from social_interactions

    union all

    select
        support_tickets.customer_id,
        support_tickets.opened_at as happened_at,
        'ticket' as contact_kind,
        cast(support_tickets.csat as decimal(18, 4)) as measure,
        {{ seconds_between(
            'support_tickets.opened_at', 'support_tickets.first_response_at'
        ) }} as first_response_seconds,
        {{ seconds_between(
            'support_tickets.opened_at', 'support_tickets.resolved_at'
        ) }} as resolution_seconds,
        support_tickets.priority in ('high', 'urgent') as is_marked,
        coalesce(ticket_categories.is_complaint, false) as is_complaint,
        false as is_email,
        false as is_response
    from support_tickets
    left join ticket_categories
        on support_tickets.category = ticket_categories.category

    union all

    select
        customer_id,
        reviewed_at as happened_at,
        'review' as contact_kind,
        cast(rating as decimal(18, 4)) as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        review_text is not null as is_marked,
        false as is_complaint,
        false as is_email,
        false as is_response
    from reviews

    union all

    select
        campaign_touches.customer_id,
        campaign_touches.touched_at as happened_at,
        case
            when campaign_touches.is_held_out then 'held_out' else 'touch'
        end as contact_kind,
        cast(
            case
                when campaign_touches.clicked_at is not null then 1 else 0
            end as decimal(18, 4)
        ) as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        campaign_touches.opened_at is not null as is_marked,
        false as is_complaint,
        coalesce(campaigns.channel = 'email', false) as is_email,
        coalesce(
            campaign_orders.last_ordered_at >= campaign_touches.touched_at, false
        ) as is_response
    from campaign_touches
    left join campaigns
        on campaign_touches.campaign_id = campaigns.campaign_id
    left join campaign_orders
        on
            campaign_touches.customer_id = campaign_orders.customer_id
            and campaign_touches.campaign_id = campaign_orders.campaign_id

    union all

    select
        survey_responses.customer_id,
        survey_responses.answered_at as happened_at,
        case
            when survey_questions.construct = 'csat' then 'csat' else 'answer'
        end as contact_kind,
        case
            when survey_questions.construct in ('nps', 'csat')
                then cast(survey_responses.answer_number as decimal(18, 4))
        end as measure,
        cast(null as bigint) as first_response_seconds,
        cast(null as bigint) as resolution_seconds,
        coalesce(survey_questions.construct = 'nps', false) as is_marked,
        false as is_complaint,
        false as is_email,
        false as is_response
    from survey_responses
    left join survey_questions
        on survey_responses.question_id = survey_questions.question_id

)

select
    contacts.customer_id,
    contacts.contact_kind,
    contacts.measure,
    contacts.first_response_seconds,
    contacts.resolution_seconds,
    contacts.is_marked,
    contacts.is_complaint,
    contacts.is_email,
    contacts.is_response,
    cast(date_trunc('month', contacts.happened_at) as date) as month,
    contacts.happened_at
from contacts
cross join as_of
where cast(contacts.happened_at as date) <= as_of.as_of_date
