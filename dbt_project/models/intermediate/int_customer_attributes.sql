{# What is true of a customer, as words: one value of a kind, or several, such
   as the categories bought. A value may hold in part, where a band of ages
   lies across two of ours. -#}
with

customers as (

    select * from {{ ref('customers') }}

),

measures as (

    select * from {{ ref('int_customer_measures') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

age_bands as (

    select
        bands.age_band,
        bands.band_min,
        bands.band_max
    from (
        values
        ('under_18', 0, 17), ('18_24', 18, 24), ('25_34', 25, 34),
        ('35_44', 35, 44), ('45_54', 45, 54), ('55_64', 55, 64),
        ('65_74', 65, 74), ('75_plus', 75, 120)
    ) as bands (age_band, band_min, band_max)

),

-- A band without an end is taken to reach twenty years.
aged as (

    select
        customer_id,
        age_min,
        coalesce(age_max, age_min + 19) as age_max
    from customers
    where age_min is not null

),

in_age_bands as (

    select
        aged.customer_id,
        'age_band' as trait,
        age_bands.age_band as trait_value,
        cast(
            least(aged.age_max, age_bands.band_max)
            - greatest(aged.age_min, age_bands.band_min) + 1 as double
        ) / (aged.age_max - aged.age_min + 1) as weight
    from aged
    inner join age_bands
        on
            aged.age_min <= age_bands.band_max
            and aged.age_max >= age_bands.band_min

),

income_limits as (

    select
        percentile_disc(0.3333) within group (order by income) as low,
        percentile_disc(0.6667) within group (order by income) as high
    from measures

),

in_income_bands as (

    select
        measures.customer_id,
        'income_band' as trait,
        case
            when measures.income <= income_limits.low then 'lower_third'
            when measures.income <= income_limits.high then 'middle_third'
            else 'upper_third'
        end as trait_value,
        1.0 as weight
    from measures
    cross join income_limits
    where measures.income is not null

),

declared as (

    select
        customer_id,
        trait,
        trait_value,
        1.0 as weight
    from (
        select
            customer_id,
            gender,
            marital_status,
            education,
            occupation,
            country,
            region,
            city,
            language,
            acquisition_channel,
            case
                when children_count > 0 then 'yes'
                when children_count = 0 then 'no'
            end as has_children,
            case
                when is_home_owner then 'yes'
                when not is_home_owner then 'no'
            end as is_home_owner,
            case
                when has_email_consent then 'yes'
                when not has_email_consent then 'no'
            end as has_email_consent
        from customers
    ) as words
    unpivot (
        trait_value for trait in (
            gender,
            marital_status,
            education,
            occupation,
            country,
            region,
            city,
            language,
            acquisition_channel,
            has_children,
            is_home_owner,
            has_email_consent
        )
    )

),

-- Of what a customer does in several places, the share of each.
categories as (

    select
        customer_id,
        'category' as trait,
        category as trait_value,
        sum(purchase_amount) as amount
    from {{ ref('int_customer_categories') }}
    where purchase_amount > 0
    group by customer_id, category

),

traffic_sources as (

    select
        web_sessions.customer_id,
        'traffic_source' as trait,
        web_sessions.traffic_source as trait_value,
        count(*) as amount
    from {{ ref('input_layer__web_sessions') }} as web_sessions
    cross join as_of
    where
        web_sessions.customer_id is not null
        and web_sessions.traffic_source is not null
        and web_sessions.started_at >= as_of.window_start_month
        and cast(web_sessions.started_at as date) <= as_of.as_of_date
    group by web_sessions.customer_id, web_sessions.traffic_source

),

social_platforms as (

    select
        social_interactions.customer_id,
        'social_platform' as trait,
        social_interactions.platform as trait_value,
        count(*) as amount
    from
        {{ ref('input_layer__social_interactions') }} as social_interactions
    cross join as_of
    where
        social_interactions.customer_id is not null
        and social_interactions.platform is not null
        and social_interactions.interacted_at >= as_of.window_start_month
        and cast(social_interactions.interacted_at as date) <= as_of.as_of_date
    group by social_interactions.customer_id, social_interactions.platform

),

recent_tickets as (

    select
        support_tickets.customer_id,
        support_tickets.category,
        support_tickets.channel
    from {{ ref('input_layer__support_tickets') }} as support_tickets
    cross join as_of
    where
        support_tickets.customer_id is not null
        and support_tickets.opened_at >= as_of.window_start_month
        and cast(support_tickets.opened_at as date) <= as_of.as_of_date

),

ticket_channels as (

    select
        customer_id,
        'ticket_channel' as trait,
        channel as trait_value,
        count(*) as amount
    from recent_tickets
    where channel is not null
    group by customer_id, channel

),

amounts as (

    select * from categories
    union all
    select * from traffic_sources
    union all
    select * from social_platforms
    union all
    select * from ticket_channels

),

mixes as (

    select
        customer_id,
        trait,
        trait_value,
        cast(amount as double)
        / sum(amount) over (partition by customer_id, trait) as weight
    from amounts

),

ticket_categories as (

    select distinct
        customer_id,
        'ticket_category' as trait,
        category as trait_value,
        1.0 as weight
    from recent_tickets
    where category is not null

),

-- The newest answer to a choice question counts.
choices as (

    select
        survey_responses.customer_id,
        'survey_' || coalesce(
            survey_questions.construct, survey_questions.question_id
        ) as trait,
        survey_responses.answer_choice as trait_value,
        1.0 as weight
    from {{ ref('input_layer__survey_responses') }} as survey_responses
    cross join as_of
    inner join {{ ref('input_layer__survey_questions') }} as survey_questions
        on survey_responses.question_id = survey_questions.question_id
    where
        survey_responses.customer_id is not null
        and survey_responses.answer_choice is not null
        and survey_questions.answer_kind = 'choice'
        and cast(survey_responses.answered_at as date) <= as_of.as_of_date
    qualify
        row_number() over (
            partition by
                survey_responses.customer_id, survey_responses.question_id
            order by
                survey_responses.answered_at desc,
                survey_responses.response_id asc
        ) = 1

)

select * from in_age_bands
union all
select * from in_income_bands
union all
select * from declared
union all
select * from mixes
union all
select * from ticket_categories
union all
select * from choices
