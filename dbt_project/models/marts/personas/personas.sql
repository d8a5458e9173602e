with

customer_personas as (

    select * from {{ ref('customer_personas') }}

),

persona_traits as (

    select * from {{ ref('persona_traits') }}

),

orders as (

    select * from {{ ref('orders') }}
    where is_counted

),

clusters as (

    select * from {{ source('ml', 'model_clusters') }}

),

model as (

    select * from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

persona_ids as (

    select
        clusters.persona_id,
        clusters.standing,
        clusters.jaccard
    from clusters
    inner join model on clusters.model_run_id = model.model_run_id
    where clusters.persona_id is not null

    union all

    select
        'unassigned' as persona_id,
        'unassigned' as standing,
        cast(null as double) as jaccard

),

sizes as (

    select
        persona_id,
        count(*) as count_customers,
        cast(avg(cast(confidence as decimal(18, 6))) as double)
            as avg_confidence
    from customer_personas
    group by persona_id

),

-- Guests belong to nobody: their orders stand under unassigned.
persona_amounts as (

    select
        coalesce(customer_personas.persona_id, 'unassigned') as persona_id,
        count(*) filter (where orders.is_purchase) as count_orders,
        sum(orders.net_amount) as net_amount
    from orders
    left join customer_personas
        on orders.customer_id = customer_personas.customer_id
    group by coalesce(customer_personas.persona_id, 'unassigned')

),

differences as (

    select
        persona_id,
        max(words) filter (where difference_rank = 1) as first_words,
        max(words) filter (where difference_rank = 2) as second_words,
        max(words) filter (where difference_rank = 3) as third_words
    from persona_traits
    where abs(effect_size) >= 0.2
    group by persona_id

),

totals as (

    select
        (select count(*) from customer_personas) as count_customers,
        (select sum(net_amount) from persona_amounts) as net_amount

)

select
    persona_ids.persona_id,
    persona_ids.standing,
    concat_ws(
        '; ',
        differences.first_words,
        differences.second_words,
        differences.third_words
    ) as top_differences,
    coalesce(model.verdict, 'none') as verdict,
    coalesce(model.verdict_reason, 'No model has been trained yet.')
        as verdict_reason,
    cast(coalesce(sizes.count_customers, 0) as bigint) as count_customers,
    cast(coalesce(persona_amounts.count_orders, 0) as bigint) as count_orders,
    cast(coalesce(persona_amounts.net_amount, 0) as decimal(18, 4))
        as net_amount,
    coalesce(
        {{ ratio('sizes.count_customers', 'totals.count_customers') }}, 0
    ) as customer_share,
    coalesce(
        {{ ratio('persona_amounts.net_amount', 'totals.net_amount') }}, 0
    ) as value_share,
    persona_ids.jaccard,
    sizes.avg_confidence,
    model.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_ids
cross join as_of
cross join totals
left join model on true
left join sizes on persona_ids.persona_id = sizes.persona_id
left join persona_amounts
    on persona_ids.persona_id = persona_amounts.persona_id
left join differences on persona_ids.persona_id = differences.persona_id
