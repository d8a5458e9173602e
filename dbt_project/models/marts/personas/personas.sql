with

members as (

    select * from {{ ref('int_persona_members') }}

),

persona_profiles as (

    select * from {{ source('ml_evidence', 'persona_profiles') }}

),

persona_names as (

    select * from {{ source('ml_evidence', 'persona_names') }}
    where language = {{ language_literal() }}

),

persona_texts as (

    select * from {{ ref('persona_texts') }}
    where language = {{ language_literal() }}

),

photos as (

    select
        persona_id,
        max(portrait) as portrait
    from {{ ref('persona_labels') }}
    where portrait is not null
    group by persona_id

),

freshness as (

    select max(newest_date) as newest_evidence_date
    from {{ ref('source_coverage') }}
    where newest_date <= as_of_date

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
        parents.persona_id as parent_persona_id,
        clusters.standing,
        clusters.jaccard,
        coalesce(parents.split_verdict, model.verdict) as verdict,
        coalesce(parents.split_reason, model.verdict_reason) as verdict_reason
    from clusters
    inner join model on clusters.model_run_id = model.model_run_id
    left join clusters as parents
        on
            clusters.model_run_id = parents.model_run_id
            and clusters.parent_cluster_id = parents.cluster_id
    where clusters.persona_id is not null

    union all

    select
        'unassigned' as persona_id,
        cast(null as varchar) as parent_persona_id,
        'unassigned' as standing,
        cast(null as double) as jaccard,
        coalesce(max(verdict), 'none') as verdict,
        coalesce(max(verdict_reason), 'No model has been trained yet.')
            as verdict_reason
    from model

),

sizes as (

    select
        persona_id,
        count(*) as count_customers,
        cast(avg(cast(confidence as decimal(18, 6))) as double)
            as avg_confidence,
        cast(avg(cast(
            case
                when confidence < 0.1 then 1
                when confidence is not null then 0
            end as decimal(18, 6)
        )) as double) as border_share
    from members
    group by persona_id

),

-- Guests belong to nobody: their orders stand under unassigned.
persona_amounts as (

    select
        coalesce(members.persona_id, 'unassigned') as persona_id,
        count(*) filter (where orders.is_purchase) as count_orders,
        sum(orders.net_amount) as net_amount
    from orders
    left join members on orders.customer_id = members.customer_id
    group by coalesce(members.persona_id, 'unassigned')

),

totals as (

    select
        (
            select count(*) from members
            where parent_persona_id is null
        ) as count_customers,
        (select sum(net_amount) from orders) as net_amount,
        (select min(currency) from orders) as currency

)

select
    persona_ids.persona_id,
    persona_ids.parent_persona_id,
    coalesce(persona_names.persona_slug, persona_ids.persona_id)
        as persona_slug,
    coalesce(persona_texts.persona_name, persona_ids.persona_id)
        as persona_name,
    persona_texts.persona_title,
    persona_texts.summary,
    persona_ids.standing,
    persona_profiles.top_differences,
    persona_ids.verdict,
    persona_ids.verdict_reason,
    totals.currency,
    coalesce(photos.portrait, 'drawn') as portrait,
    persona_profiles.portrait_svg,
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
    sizes.border_share,
    sizes.avg_confidence,
    persona_profiles.demographics_coverage,
    persona_profiles.psychographics_coverage,
    persona_profiles.behaviour_coverage,
    persona_profiles.goals_coverage,
    persona_profiles.pain_points_coverage,
    persona_profiles.background_coverage,
    persona_profiles.count_matching,
    persona_profiles.matching_share,
    freshness.newest_evidence_date,
    model.model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from persona_ids
cross join as_of
cross join totals
cross join freshness
left join model on true
left join sizes on persona_ids.persona_id = sizes.persona_id
left join persona_amounts
    on persona_ids.persona_id = persona_amounts.persona_id
left join persona_profiles
    on
        persona_ids.persona_id = persona_profiles.persona_id
        and model.model_run_id = persona_profiles.model_run_id
left join persona_names
    on persona_ids.persona_id = persona_names.persona_id
left join persona_texts
    on persona_ids.persona_id = persona_texts.persona_id
left join photos on persona_ids.persona_id = photos.persona_id
