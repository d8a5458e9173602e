{# What customers wrote in the window, by where they wrote it. -#}
with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

texts as (

    select
        'support_tickets' as source_entity,
        'support_tickets:' || ticket_id as text_id,
        customer_id,
        ticket_text as text,
        opened_at as written_at
    from {{ ref('input_layer__support_tickets') }}

    union all

    select
        'reviews' as source_entity,
        'reviews:' || review_id as text_id,
        customer_id,
        review_text as text,
        reviewed_at as written_at
    from {{ ref('input_layer__reviews') }}

    union all

    select
        'social_interactions' as source_entity,
        'social_interactions:' || interaction_id as text_id,
        customer_id,
        interaction_text as text,
        interacted_at as written_at
    from {{ ref('input_layer__social_interactions') }}

    union all

    select
        'survey_responses' as source_entity,
        'survey_responses:' || response_id as text_id,
        customer_id,
        answer_text as text,
        answered_at as written_at
    from {{ ref('input_layer__survey_responses') }}

)

select
    texts.source_entity,
    texts.text_id,
    texts.customer_id,
    texts.text,
    texts.written_at
from texts
cross join as_of
where
    texts.customer_id is not null
    and length(trim(texts.text)) >= 8
    and texts.written_at >= as_of.window_start_month
    and cast(texts.written_at as date) <= as_of.as_of_date
