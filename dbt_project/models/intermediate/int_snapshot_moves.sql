{# Every pair of personas then and now, those with nobody too: a table of which
   lines have totals. -#}
with

members as (

    select * from {{ source('meta', 'persona_snapshot_members') }}

),

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

counted as (

    select
        members.snapshot_id,
        members.persona_id as then_persona_id,
        coalesce(customer_personas.persona_id, 'left') as now_persona_id,
        count(*) as count_customers
    from members
    left join customer_personas
        on members.customer_id = customer_personas.customer_id
    group by
        members.snapshot_id,
        members.persona_id,
        coalesce(customer_personas.persona_id, 'left')

),

personas_then as (

    select
        snapshot_id,
        then_persona_id,
        sum(count_customers) as count_customers
    from counted
    group by
        snapshot_id,
        then_persona_id

),

personas_now as (

    select distinct
        snapshot_id,
        now_persona_id
    from counted

)

select
    personas_then.snapshot_id,
    personas_then.then_persona_id,
    personas_now.now_persona_id,
    cast(coalesce(counted.count_customers, 0) as bigint) as count_customers,
    cast(personas_then.count_customers as bigint) as count_then
from personas_then
inner join personas_now
    on personas_then.snapshot_id = personas_now.snapshot_id
left join counted
    on
        personas_then.snapshot_id = counted.snapshot_id
        and personas_then.then_persona_id = counted.then_persona_id
        and personas_now.now_persona_id = counted.now_persona_id
