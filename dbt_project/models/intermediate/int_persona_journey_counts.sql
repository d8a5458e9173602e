{# How the journeys of each persona of today go, exact: the paths that at least
   one customer in twenty has taken (at most 30, and each by as many customers as
   a published number counts); of others the last touch, where so many end with
   it. hits are purchases at the end of a path,
   base all purchases; squares and products as in int_persona_channel_counts. -#}
{{ config(materialized='table') }}

with

journeys as {{ computed_once() }} (

    select
        customer_id,
        first_touch,
        middle_touch,
        last_touch,
        sum(count_journeys) as count_journeys,
        sum(count_open_journeys) as count_open_journeys,
        sum(count_sessions) as count_sessions,
        sum(count_orders) as count_orders,
        sum(net_amount) as net_amount
    from {{ ref('int_customer_journeys') }}
    group by customer_id, first_touch, middle_touch, last_touch

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

travellers as (

    select count(distinct customer_id) as count_travellers from journeys

),

paths as (

    select
        first_touch,
        middle_touch,
        last_touch,
        first_touch in ('no session', 'no purchase') as is_special,
        count(customer_id) as count_customers
    from journeys
    group by first_touch, middle_touch, last_touch

),

ranked as (

    select
        paths.*,
        is_special
        or (
            count_customers >= {{ privacy_floor() }}
            and count_customers * 20 >= count_travellers
            and row_number() over (
                partition by is_special
                order by
                    count_customers desc,
                    first_touch asc,
                    middle_touch asc,
                    last_touch asc
            ) <= 30
        ) as is_common
    from paths
    cross join travellers

),

by_last as (

    select
        journeys.customer_id,
        case when ranked.is_common then journeys.first_touch else 'other' end
            as first_touch,
        case when ranked.is_common then journeys.middle_touch else 'other' end
            as middle_touch,
        journeys.last_touch,
        ranked.is_common,
        sum(journeys.count_journeys) as count_journeys,
        sum(journeys.count_open_journeys) as count_open_journeys,
        sum(journeys.count_sessions) as count_sessions,
        sum(journeys.count_orders) as count_orders,
        sum(journeys.net_amount) as net_amount
    from journeys
    inner join ranked
        on
            journeys.first_touch = ranked.first_touch
            and journeys.middle_touch = ranked.middle_touch
            and journeys.last_touch = ranked.last_touch
    group by
        journeys.customer_id,
        case when ranked.is_common then journeys.first_touch else 'other' end,
        case when ranked.is_common then journeys.middle_touch else 'other' end,
        journeys.last_touch,
        ranked.is_common

),

last_touches as (

    select
        by_last.last_touch,
        count(by_last.customer_id) >= {{ privacy_floor() }}
        and count(by_last.customer_id) * 20 >= min(travellers.count_travellers)
        and row_number() over (
            order by count(by_last.customer_id) desc, by_last.last_touch asc
        ) <= 10 as is_common_last
    from by_last
    cross join travellers
    where not by_last.is_common
    group by by_last.last_touch

),

merged as (

    select
        by_last.customer_id,
        by_last.first_touch,
        by_last.middle_touch,
        case
            when by_last.is_common or last_touches.is_common_last
                then by_last.last_touch
            else 'other'
        end as last_touch,
        sum(by_last.count_journeys) as count_journeys,
        sum(by_last.count_open_journeys) as count_open_journeys,
        sum(by_last.count_sessions) as count_sessions,
        sum(by_last.count_orders) as count_orders,
        sum(by_last.net_amount) as net_amount
    from by_last
    left join last_touches on by_last.last_touch = last_touches.last_touch
    group by
        by_last.customer_id,
        by_last.first_touch,
        by_last.middle_touch,
        case
            when by_last.is_common or last_touches.is_common_last
                then by_last.last_touch
            else 'other'
        end

),

weighed as (

    select
        merged.*,
        coalesce(customer_personas.persona_id, 'unassigned') as persona_id,
        sum(merged.count_orders) over (partition by merged.customer_id) as base
    from merged
    left join customer_personas
        on merged.customer_id = customer_personas.customer_id

),

grouped as (

    select
        persona_id,
        first_touch,
        middle_touch,
        last_touch,
        count(customer_id) as count_customers,
        count(customer_id) filter (where count_orders > 0)
            as count_ordering_customers,
        count(customer_id) + coalesce(
            sum(count_journeys) filter (where customer_id is null), 0
        ) as count_people,
        count(customer_id) filter (where count_orders > 0) + coalesce(
            sum(count_orders) filter (where customer_id is null), 0
        ) as count_ordering_people,
        sum(count_journeys) as count_journeys,
        sum(count_open_journeys) as count_open_journeys,
        sum(count_sessions) as count_sessions,
        sum(count_orders) as hits,
        sum(count_orders) filter (where customer_id is not null) as known_hits,
        sum(count_orders * count_orders) filter (where customer_id is not null)
            as sum_hits_squared,
        sum(count_orders * base) filter (where customer_id is not null)
            as sum_hits_base,
        sum(net_amount) as net_amount
    from weighed
    group by persona_id, first_touch, middle_touch, last_touch

),

-- count_orders * base over the paths of a customer sums to base squared.
bases as (

    select
        persona_id,
        sum(count_sessions) as session_base,
        sum(count_journeys) as journey_base,
        sum(hits) as base,
        sum(known_hits) as known_base,
        sum(sum_hits_base) as sum_base_squared
    from grouped
    group by persona_id

),

known as (

    select
        persona_id,
        count(distinct customer_id) as count_known
    from weighed
    where count_orders > 0
    group by persona_id

),

common_paths as (

    select distinct
        first_touch,
        middle_touch,
        last_touch
    from grouped

)

select
    bases.persona_id,
    common_paths.first_touch,
    common_paths.middle_touch,
    common_paths.last_touch,
    cast(coalesce(known.count_known, 0) as bigint) as count_known,
    cast(coalesce(grouped.count_customers, 0) as bigint) as count_customers,
    cast(coalesce(grouped.count_ordering_customers, 0) as bigint)
        as count_ordering_customers,
    cast(coalesce(grouped.count_people, 0) as bigint) as count_people,
    cast(coalesce(grouped.count_ordering_people, 0) as bigint)
        as count_ordering_people,
    cast(coalesce(grouped.count_journeys, 0) as bigint) as count_journeys,
    cast(coalesce(grouped.count_open_journeys, 0) as bigint)
        as count_open_journeys,
    cast(coalesce(grouped.count_sessions, 0) as bigint) as count_sessions,
    cast(coalesce(grouped.hits, 0) as bigint) as hits,
    cast(bases.base as bigint) as base,
    cast(bases.session_base as bigint) as session_base,
    cast(bases.journey_base as bigint) as journey_base,
    cast(coalesce(grouped.known_hits, 0) as bigint) as known_hits,
    cast(coalesce(bases.known_base, 0) as bigint) as known_base,
    cast(coalesce(grouped.sum_hits_squared, 0) as bigint) as sum_hits_squared,
    cast(coalesce(grouped.sum_hits_base, 0) as bigint) as sum_hits_base,
    cast(coalesce(bases.sum_base_squared, 0) as bigint) as sum_base_squared,
    cast(coalesce(grouped.net_amount, 0) as decimal(18, 4)) as net_amount,
    as_of.window_start_month
from bases
cross join common_paths
cross join as_of
left join known on bases.persona_id = known.persona_id
left join grouped
    on
        bases.persona_id = grouped.persona_id
        and common_paths.first_touch = grouped.first_touch
        and common_paths.middle_touch = grouped.middle_touch
        and common_paths.last_touch = grouped.last_touch
