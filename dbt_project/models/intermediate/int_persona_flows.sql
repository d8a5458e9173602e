{# Who was in which persona at the beginning of a span of months and who is at its
   end. The span is the var flow_months or, without it, the fewest months of 1, 3
   and 12 in which half of the personas can be expected to lose twice the floor;
   spans end with the last month-end. Personas whose size is hidden are one,
   'other': nothing else is known of how large they are. Customers who are new in
   the span have no persona at its beginning and are not counted. -#}
{%- set spans = [1, 3, 12] %}
with

moves as (

    select * from {{ ref('persona_moves') }}

),

sizes as (

    select * from {{ ref('persona_sizes_monthly') }}

),

months as (

    select
        customer_id,
        month_end,
        persona_id
    from {{ ref('customer_persona_months') }}
    where is_in_force

),

leavers as (

    select
        from_persona_id,
        month_end,
        coalesce(
            sum(count_customers)
                filter (where to_persona_id <> from_persona_id),
            0
        ) as count_leavers
    from moves
    where from_persona_id <> 'new'
    group by from_persona_id, month_end

),

typical as (

    select median(count_leavers) as count_leavers from leavers

),

span as (

    select
        coalesce(
            {{ flow_months_literal() }},
            case
                {%- for months in spans[:-1] %}
                when {{ months }} * count_leavers >= 2 * {{ privacy_floor() }}
                    then {{ months }}
                {%- endfor %}
            end,
            {{ spans[-1] }}
        ) as count_months
    from typical

),

numbered as (

    select
        month_end,
        row_number() over (order by month_end desc) - 1 as months_ago
    from (select distinct month_end from moves) as month_ends

),

ends as (

    select
        numbered.month_end,
        lag(numbered.month_end) over (order by numbered.month_end asc)
            as from_month_end,
        span.count_months
    from numbered
    cross join span
    where numbered.months_ago % span.count_months = 0

),

told as (

    select
        persona_id,
        month_end,
        case when is_hidden then 'other' else persona_id end
            as told_persona_id
    from sizes

),

counted as (

    select
        ends.from_month_end,
        ends.month_end,
        ends.count_months,
        months_then.persona_id as from_persona_id,
        months_now.persona_id as to_persona_id,
        count(*) as count_customers
    from ends
    inner join months as months_then
        on ends.from_month_end = months_then.month_end
    inner join months as months_now
        on
            ends.month_end = months_now.month_end
            and months_then.customer_id = months_now.customer_id
    group by
        ends.from_month_end,
        ends.month_end,
        ends.count_months,
        months_then.persona_id,
        months_now.persona_id

)

select
    counted.from_month_end,
    counted.month_end,
    cast(counted.count_months as integer) as count_months,
    told_then.told_persona_id as from_persona_id,
    told_now.told_persona_id as to_persona_id,
    cast(sum(counted.count_customers) as bigint) as count_customers
from counted
inner join told as told_then
    on
        counted.from_month_end = told_then.month_end
        and counted.from_persona_id = told_then.persona_id
inner join told as told_now
    on
        counted.month_end = told_now.month_end
        and counted.to_persona_id = told_now.persona_id
group by
    counted.from_month_end,
    counted.month_end,
    counted.count_months,
    told_then.told_persona_id,
    told_now.told_persona_id
