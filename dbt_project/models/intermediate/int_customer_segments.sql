{# Which persona a customer counts for in a month. On the basis month it is the
   one of that month's end, by the model in force; before the first purchase
   none; in the running month the last one, or today's for who is new. Where the
   history is not told (no model, or features without a past), today's holds for
   every month. On the basis today it is today's. -#}
{{ config(materialized='table') }}
{%- set always = "date '1900-01-01'" %}
{%- set never = "date '9999-12-01'" %}

with

today as (

    select
        customer_id,
        persona_id
    from {{ ref('customer_personas') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

changes as (

    select
        customer_id,
        persona_id,
        cast(date_trunc('month', month_end) as date) as from_month
    from {{ ref('customer_persona_months') }}
    where
        is_in_force
        and (previous_persona_id is null or previous_persona_id <> persona_id)

),

told as (

    select count(*) as count_changes from changes

),

stays as (

    select
        customer_id,
        persona_id,
        from_month,
        coalesce(
            lead(from_month) over (
                partition by customer_id
                order by from_month asc
            ),
            {{ never }}
        ) as to_month,
        row_number() over (
            partition by customer_id
            order by from_month asc
        ) as place
    from changes

),

segments as (

    select
        customer_id,
        'today' as persona_basis,
        persona_id,
        {{ always }} as from_month,
        {{ never }} as to_month
    from today

    union all

    select
        customer_id,
        'month' as persona_basis,
        persona_id,
        from_month,
        to_month
    from stays

    union all

    select
        customer_id,
        'month' as persona_basis,
        'unassigned' as persona_id,
        {{ always }} as from_month,
        from_month as to_month
    from stays
    where place = 1

    union all

    -- Who has no month-end behind them: new in the running month, never a
    -- buyer, or of a company without a history.
    select
        today.customer_id,
        'month' as persona_basis,
        today.persona_id,
        case
            when told.count_changes = 0 then {{ always }}
            else as_of.as_of_month
        end as from_month,
        {{ never }} as to_month
    from today
    cross join told
    cross join as_of
    left join stays on today.customer_id = stays.customer_id
    where stays.customer_id is null

    union all

    select
        today.customer_id,
        'month' as persona_basis,
        'unassigned' as persona_id,
        {{ always }} as from_month,
        as_of.as_of_month as to_month
    from today
    cross join told
    cross join as_of
    left join stays on today.customer_id = stays.customer_id
    where stays.customer_id is null and told.count_changes > 0

)

select * from segments
