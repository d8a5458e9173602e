{# Who was treated or held out by which campaign, and until when a purchase
   counts for it. The first row of a person in a campaign is the one that counts;
   it says the arm too, whatever was sent later. The window ends early where the
   next campaign touches the same person, treated and held out alike: windows of
   one person never overlap, so a purchase lies in one at most.

   The persona is the one of the month-end before the touch. That of the touch's
   own month-end would have seen what the campaign did: who was won by it has
   left `unassigned` by then. -#}
{{ config(materialized='table') }}

with

touches as (

    select * from {{ ref('input_layer__campaign_touches') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}
    where persona_basis = 'month'

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

firsts as (

    select
        touches.campaign_id,
        touches.customer_id,
        touches.is_held_out,
        touches.touched_at,
        cast(
            date_trunc('month', touches.touched_at) - interval 1 month as date
        ) as known_month,
        touches.touched_at + {{ conversion_window() }} as full_window_ends_at
    from touches
    cross join as_of
    where
        touches.customer_id is not null
        and cast(touches.touched_at as date) <= as_of.as_of_date
    qualify
        row_number() over (
            partition by touches.campaign_id, touches.customer_id
            order by touches.touched_at asc, touches.touch_id asc
        ) = 1

),

followed as (

    select
        *,
        lead(touched_at) over (
            partition by customer_id
            order by touched_at asc, campaign_id asc
        ) as next_touched_at
    from firsts

)

select
    followed.campaign_id,
    followed.customer_id,
    case when followed.is_held_out then 'held_out' else 'treated' end as arm,
    coalesce(segments.persona_id, 'unassigned') as persona_id,
    coalesce(followed.next_touched_at < followed.full_window_ends_at, false)
        as is_cut_short,
    cast(followed.full_window_ends_at as date) <= as_of.as_of_date
        as is_window_complete,
    followed.touched_at,
    least(
        followed.full_window_ends_at,
        coalesce(followed.next_touched_at, followed.full_window_ends_at)
    ) as window_ends_at
from followed
cross join as_of
left join segments
    on
        followed.customer_id = segments.customer_id
        and followed.known_month >= segments.from_month
        and followed.known_month < segments.to_month
