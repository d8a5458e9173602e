{% set features = var('segmentation_features') | map(attribute='name') | list -%}
with

customer_features as (

    select * from {{ ref('customer_features') }}
    where window_orders > 0

),

customer_personas as (

    select * from {{ ref('customer_personas') }}
    where persona_id <> 'unassigned'

),

feature_words as (

    select * from {{ ref('feature_words') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

known as (

    select
        customer_id,
        trait,
        trait_value
    from customer_features
    unpivot (
        trait_value for trait in (
            {{ features | join(',\n            ') }}
        )
    )

),

-- Decimals, so that the sums do not depend on the order of the rows.
precise as (

    select
        customer_personas.persona_id,
        known.trait,
        cast(known.trait_value as decimal(18, 6)) as trait_value,
        cast(
            least(known.trait_value, 1e9) * least(known.trait_value, 1e9)
            as decimal(38, 6)
        ) as squared_value
    from known
    inner join customer_personas
        on known.customer_id = customer_personas.customer_id

),

per_persona as (

    select
        persona_id,
        trait,
        count(*) as count_known,
        sum(trait_value) as sum_value,
        sum(squared_value) as sum_squared
    from precise
    group by persona_id, trait

),

per_trait as (

    select
        trait,
        cast(sum(sum_value) as double) / sum(count_known) as baseline_value,
        sqrt(greatest(
            cast(sum(sum_squared) as double) / sum(count_known)
            - (cast(sum(sum_value) as double) / sum(count_known))
            * (cast(sum(sum_value) as double) / sum(count_known)),
            0
        )) as baseline_spread
    from per_persona
    group by trait

),

persona_sizes as (

    select
        persona_id,
        count(*) as count_customers
    from customer_personas
    group by persona_id

),

compared as (

    select
        per_persona.persona_id,
        per_persona.trait,
        persona_sizes.count_customers,
        per_persona.count_known,
        cast(per_persona.sum_value as double) / per_persona.count_known
            as persona_value,
        per_trait.baseline_value,
        (
            cast(per_persona.sum_value as double) / per_persona.count_known
            - per_trait.baseline_value
        ) / per_trait.baseline_spread as effect_size
    from per_persona
    inner join per_trait on per_persona.trait = per_trait.trait
    inner join persona_sizes
        on per_persona.persona_id = persona_sizes.persona_id
    -- The same for everybody, as where an entity was not delivered: no trait.
    where per_trait.baseline_spread > 0

),

ranked as (

    select
        *,
        row_number() over (
            partition by persona_id
            order by round(abs(effect_size), 6) desc, trait asc
        ) as difference_rank
    from compared

)

select
    ranked.persona_id,
    cast('behaviour' as varchar) as part,
    ranked.trait,
    case
        when ranked.effect_size >= 0 then feature_words.words_high
        else feature_words.words_low
    end
    || ' ('
    || case feature_words.unit
        when 'share'
            then
                cast(cast(round(ranked.persona_value * 100) as bigint)
                as varchar)
                || ' % against '
                || cast(cast(round(ranked.baseline_value * 100) as bigint)
                as varchar)
                || ' %'
        else
            cast(cast(ranked.persona_value as decimal(18, 1)) as varchar)
            || ' against '
            || cast(cast(ranked.baseline_value as decimal(18, 1)) as varchar)
    end
    || ')' as words,
    feature_words.unit,
    cast('observed' as varchar) as basis,
    feature_words.source_entity,
    ranked.persona_value,
    ranked.baseline_value,
    ranked.effect_size,
    cast(ranked.count_known as bigint) as count_known,
    {{ ratio('ranked.count_known', 'ranked.count_customers') }} as known_share,
    cast(ranked.difference_rank as integer) as difference_rank,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from ranked
cross join as_of
inner join feature_words on ranked.trait = feature_words.trait
