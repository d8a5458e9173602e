{# Sums over int_contacts that add up over customers and months. #}
{% macro contact_sums() -%}
count(*) filter (where contact_kind = 'social')
        as count_social_interactions,
    count(*) filter (where contact_kind = 'social' and is_marked)
        as count_social_posts,
    count(measure) filter (where contact_kind = 'social') as count_sentiments,
    coalesce(sum(measure) filter (where contact_kind = 'social'), 0)
        as sum_sentiment,
    count(*) filter (where contact_kind = 'ticket') as count_tickets,
    count(*) filter (where contact_kind = 'ticket' and is_marked)
        as count_urgent_tickets,
    count(*) filter (where is_complaint) as count_complaints,
    count(first_response_seconds) as count_first_responses,
    coalesce(sum(first_response_seconds), 0) as sum_first_response_seconds,
    count(resolution_seconds) as count_resolutions,
    coalesce(sum(resolution_seconds), 0) as sum_resolution_seconds,
    count(measure) filter (where contact_kind = 'ticket') as count_csat,
    coalesce(sum(measure) filter (where contact_kind = 'ticket'), 0) as sum_csat,
    count(measure) filter (where contact_kind in ('ticket', 'csat'))
        as count_csat_answers,
    coalesce(sum(measure) filter (where contact_kind in ('ticket', 'csat')), 0)
        as sum_csat_answers,
    count(*) filter (
        where contact_kind in ('ticket', 'csat') and measure >= 4
    ) as count_satisfied_answers,
    count(*) filter (where contact_kind = 'review') as count_reviews,
    coalesce(sum(measure) filter (where contact_kind = 'review'), 0)
        as sum_ratings,
    count(*) filter (where contact_kind = 'touch') as count_touches,
    count(*) filter (where contact_kind = 'held_out') as count_held_out,
    count(*) filter (where contact_kind = 'touch' and is_marked) as count_opens,
    coalesce(sum(measure) filter (where contact_kind = 'touch'), 0)
        as count_clicks,
    count(*) filter (where contact_kind = 'touch' and is_response)
        as count_responses,
    count(*) filter (where contact_kind = 'touch' and is_email)
        as count_email_touches,
    count(*) filter (where contact_kind = 'touch' and is_email and is_marked)
        as count_email_opens,
    count(*) filter (where contact_kind in ('answer', 'csat'))
        as count_survey_answers,
    count(measure) filter (where contact_kind = 'answer') as count_nps,
    coalesce(sum(measure) filter (where contact_kind = 'answer'), 0) as sum_nps,
    count(*) filter (where contact_kind = 'answer' and measure >= 9)
        as count_promoters,
    count(*) filter (where contact_kind = 'answer' and measure <= 6)
        as count_detractors
{%- endmacro %}


{# Those of contact_sums that the scorecard tells. #}
{% macro persona_contact_columns() -%}
    {{ return([
        'count_tickets', 'count_complaints', 'count_first_responses',
        'sum_first_response_seconds', 'count_resolutions',
        'sum_resolution_seconds', 'count_csat_answers', 'sum_csat_answers',
        'count_satisfied_answers', 'count_nps', 'count_promoters',
        'count_detractors', 'count_touches', 'count_opens', 'count_clicks',
        'count_responses', 'count_email_touches', 'count_email_opens'
    ]) }}
{%- endmacro %}
