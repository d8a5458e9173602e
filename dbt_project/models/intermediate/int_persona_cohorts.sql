{# Buyers by the month of their first purchase and what they did since, exact.
   A customer's age is counted from their own first month, so that everybody in a
   cohort has lived through an age completely or not at all yet: is_complete.
   How many months a cohort spans is one for the company: the fewest at which
   half of the persona cohorts have 50 customers or more. What is booked before
   the first purchase (returns of what was bought before the data begin) counts
   at age 0. is_told: the customers of months whose new customers the scorecard
   shows; those of others stand apart, because a cohort less the months that are
   shown must not give a hidden one away. -#}
{{ config(materialized='table') }}

with

customer_months as (

    select * from {{ ref('int_orders_aggregated_to_customer_months') }}

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

untold_months as (

    select
        exact.persona_basis,
        exact.persona_id,
        exact.month
    from {{ ref('int_persona_months') }} as exact
    left join {{ ref('persona_kpis_monthly') }} as by_month
        on
            exact.persona_id = by_month.persona_id
            and exact.month = by_month.month
    left join {{ ref('persona_kpis_monthly_today') }} as by_today
        on
            exact.persona_id = by_today.persona_id
            and exact.month = by_today.month
    where
        exact.new_customers > 0
        and case
            when exact.persona_basis = 'month' then by_month.new_customers
            else by_today.new_customers
        end is null

),

as_of as (

    select
        as_of_month,
        case
            when
                cast(as_of_date + interval 1 day as date)
                = cast(as_of_month + interval 1 month as date)
                then as_of_month
            else cast(as_of_month - interval 1 month as date)
        end as last_complete_month
    from {{ ref('int_as_of_date') }}

),

buyers as (

    select
        customer_id,
        min(month) as first_month
    from customer_months
    where count_orders > 0
    group by customer_id

),

members as (

    select
        buyers.customer_id,
        buyers.first_month,
        segments.persona_basis,
        segments.persona_id,
        untold_months.month is null as is_told
    from buyers
    inner join segments
        on
            buyers.customer_id = segments.customer_id
            and buyers.first_month >= segments.from_month
            and buyers.first_month < segments.to_month
    left join untold_months
        on
            segments.persona_basis = untold_months.persona_basis
            and segments.persona_id = untold_months.persona_id
            and buyers.first_month = untold_months.month

),

spans as (

    select 1 as cohort_months
    union all
    select 3 as cohort_months
    union all
    select 12 as cohort_months

),

sizes as (

    select
        spans.cohort_months,
        members.persona_id,
        {{ block_start('members.first_month', 'spans.cohort_months') }}
            as cohort_start,
        count(*) as count_customers
    from members
    cross join spans
    where members.persona_basis = 'month'
    group by
        spans.cohort_months,
        members.persona_id,
        {{ block_start('members.first_month', 'spans.cohort_months') }}

),

typical as (

    select
        cohort_months,
        median(count_customers) as median_customers
    from sizes
    group by cohort_months

),

chosen as (

    select
        coalesce(
            {{ cohort_months_literal() }},
            min(cohort_months) filter (where median_customers >= 50),
            12
        ) as cohort_months
    from typical

),

grain as (

    select
        cohort_months,
        case when cohort_months = 1 then 1 else 3 end as age_months
    from chosen

),

activity as (

    select
        customer_months.customer_id,
        grain.age_months * cast(floor(
            greatest(
                {{ months_between('buyers.first_month', 'customer_months.month') }},
                0
            ) / grain.age_months
        ) as integer) as months_since,
        sum(customer_months.count_orders) as count_orders,
        sum(
            customer_months.gross_amount
            - customer_months.discount_amount
            - customer_months.return_amount
        ) as net_amount
    from customer_months
    inner join buyers on customer_months.customer_id = buyers.customer_id
    cross join grain
    group by
        customer_months.customer_id,
        grain.age_months * cast(floor(
            greatest(
                {{ months_between('buyers.first_month', 'customer_months.month') }},
                0
            ) / grain.age_months
        ) as integer)

),

summed as (

    select
        members.persona_basis,
        members.persona_id,
        {{ block_start('members.first_month', 'grain.cohort_months') }}
            as cohort_start,
        members.is_told,
        activity.months_since,
        count(*) filter (where activity.count_orders > 0) as active_customers,
        sum(activity.count_orders) as count_orders,
        sum(activity.net_amount) as net_amount
    from activity
    inner join members on activity.customer_id = members.customer_id
    cross join grain
    group by
        members.persona_basis,
        members.persona_id,
        {{ block_start('members.first_month', 'grain.cohort_months') }},
        members.is_told,
        activity.months_since

),

cohorts as (

    select
        members.persona_basis,
        members.persona_id,
        {{ block_start('members.first_month', 'grain.cohort_months') }}
            as cohort_start,
        members.is_told,
        grain.cohort_months,
        grain.age_months,
        count(distinct members.first_month) as count_first_months,
        count(*) as count_customers
    from members
    cross join grain
    group by
        members.persona_basis,
        members.persona_id,
        {{ block_start('members.first_month', 'grain.cohort_months') }},
        members.is_told,
        grain.cohort_months,
        grain.age_months

),

-- Ages that nobody of a cohort was active at are rows too.
ages as (

    select distinct months_since from summed

),

lived as (

    select
        cohorts.*,
        ages.months_since,
        {{ months_between('cohorts.cohort_start', 'as_of.last_complete_month') }}
        - (cohorts.cohort_months - 1)
        - (ages.months_since + cohorts.age_months - 1) as count_months_left,
        {{ months_between('cohorts.cohort_start', 'as_of.as_of_month') }}
            as count_months_known
    from cohorts
    cross join ages
    cross join as_of

)

select
    lived.persona_basis,
    lived.persona_id,
    lived.cohort_start,
    lived.is_told,
    cast(lived.cohort_months as integer) as cohort_months,
    cast(lived.age_months as integer) as age_months,
    cast(lived.months_since as integer) as months_since,
    lived.count_months_left >= 0 as is_complete,
    cast(lived.count_first_months as integer) as count_first_months,
    cast(lived.count_customers as bigint) as count_customers,
    cast(coalesce(summed.active_customers, 0) as bigint) as active_customers,
    cast(coalesce(summed.count_orders, 0) as bigint) as count_orders,
    cast(coalesce(summed.net_amount, 0) as decimal(18, 4)) as net_amount
from lived
left join summed
    on
        lived.persona_basis = summed.persona_basis
        and lived.persona_id = summed.persona_id
        and lived.cohort_start = summed.cohort_start
        and lived.is_told = summed.is_told
        and lived.months_since = summed.months_since
where lived.months_since <= lived.count_months_known
