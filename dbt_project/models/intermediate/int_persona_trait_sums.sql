{# What a test of a claim needs, per persona and trait: how many are known, and
   their sum and sum of squares. Decimals, so that the sums do not depend on the
   order of the rows. Customers of groups that are not published stand under
   unassigned: they belong to the baseline. -#}
{% set measured = measured_traits() -%}
{{ config(materialized='table') }}

with

members as (

    select
        customer_id,
        persona_id,
        parent_persona_id
    from {{ ref('int_persona_members') }}
    where is_scored

),

customer_measures as (

    select * from {{ ref('int_customer_measures') }}

),

customer_attributes as (

    select * from {{ ref('int_customer_attributes') }}

),

survey_scores as (

    select * from {{ ref('customer_survey_scores') }}

),

limits as (

    select * from {{ ref('int_measure_limits') }}

),

traits as (

    select * from {{ ref('traits') }}

),

survey_questions as (

    select * from {{ ref('input_layer__survey_questions') }}

),

dimensions as (

    select
        'survey_' || coalesce(construct, question_id) as trait,
        min(dimension) as dimension
    from survey_questions
    where answer_kind in ('number', 'choice')
    group by 'survey_' || coalesce(construct, question_id)

),

bounded as (

    select
        members.persona_id,
        {%- for trait in measured %}
        case
            when customer_measures.{{ trait }} is not null
                then cast(greatest(
                    least(
                        customer_measures.{{ trait }},
                        limits.{{ trait }}_high,
                        999999999999
                    ),
                    limits.{{ trait }}_low
                ) as decimal(18, 6))
        end as {{ trait }}{{ ',' if not loop.last }}
        {%- endfor %}
    from members
    cross join limits
    inner join customer_measures
        on members.customer_id = customer_measures.customer_id

),

-- One pass over the customers with a column each; only the sums are turned.
summed as (

    select
        persona_id,
        {%- for trait in measured %}
        count({{ trait }}) as {{ trait }}_known,
        sum({{ trait }}) as {{ trait }}_sum,
        sum(cast(
            cast({{ trait }} as double) * {{ trait }} as decimal(38, 6)
        )) as {{ trait }}_squared
        {{- ',' if not loop.last }}
        {%- endfor %}
    from bounded
    group by persona_id

),

measures as (

    select
        persona_id,
        trait,
        count_known,
        sum_value,
        sum_squared
    from summed
    unpivot (
        (count_known, sum_value, sum_squared) for trait in (
            {%- for trait in measured %}
            (
                {{ trait }}_known, {{ trait }}_sum, {{ trait }}_squared
            ) as {{ trait }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    )

),

constructs as (

    select
        members.persona_id,
        'survey_' || survey_scores.construct as trait,
        count(*) as count_known,
        sum(cast(survey_scores.construct_score * 100 as decimal(18, 6)))
            as sum_value,
        sum(cast(
            cast(survey_scores.construct_score as double)
            * survey_scores.construct_score * 10000 as decimal(38, 6)
        )) as sum_squared
    from members
    inner join survey_scores
        on members.customer_id = survey_scores.customer_id
    group by members.persona_id, survey_scores.construct

),

attributes as (

    select
        members.persona_id,
        members.parent_persona_id,
        customer_attributes.customer_id,
        customer_attributes.trait,
        customer_attributes.trait_value,
        cast(customer_attributes.weight as decimal(18, 6)) as weight
    from members
    inner join customer_attributes
        on members.customer_id = customer_attributes.customer_id

),

attribute_known as (

    select
        persona_id,
        trait,
        count(distinct customer_id) as count_known
    from attributes
    group by persona_id, trait

),

-- The thirty commonest values of a trait; rarer ones make no persona.
attribute_values as (

    select
        trait,
        trait_value
    from attributes
    where parent_persona_id is null
    group by trait, trait_value
    qualify
        row_number() over (
            partition by trait
            order by count(*) desc, trait_value asc
        ) <= 30

),

attribute_sums as (

    select
        persona_id,
        trait,
        trait_value,
        sum(weight) as sum_value,
        sum(cast(cast(weight as double) * weight as decimal(38, 6)))
            as sum_squared
    from attributes
    group by persona_id, trait, trait_value

),

-- Also where a persona has none: that, too, can be a claim.
shares as (

    select
        attribute_known.persona_id,
        attribute_known.trait,
        attribute_values.trait_value,
        attribute_known.count_known,
        coalesce(attribute_sums.sum_value, 0) as sum_value,
        coalesce(attribute_sums.sum_squared, 0) as sum_squared
    from attribute_known
    inner join attribute_values
        on attribute_known.trait = attribute_values.trait
    left join attribute_sums
        on
            attribute_known.persona_id = attribute_sums.persona_id
            and attribute_known.trait = attribute_sums.trait
            and attribute_values.trait_value = attribute_sums.trait_value

),

combined as (

    select
        persona_id,
        trait,
        cast(null as varchar) as trait_value,
        'mean' as statistic,
        count_known,
        sum_value,
        sum_squared
    from measures

    union all

    select
        persona_id,
        trait,
        cast(null as varchar) as trait_value,
        'mean' as statistic,
        count_known,
        sum_value,
        sum_squared
    from constructs

    union all

    select
        persona_id,
        trait,
        trait_value,
        null as statistic,
        count_known,
        sum_value,
        sum_squared
    from shares

),

persona_sizes as (

    select
        persona_id,
        parent_persona_id,
        count(*) as count_customers
    from members
    group by persona_id, parent_persona_id

)

select
    combined.persona_id,
    persona_sizes.parent_persona_id,
    combined.trait,
    combined.trait_value,
    coalesce(combined.statistic, traits.statistic, 'share') as statistic,
    dimensions.dimension,
    coalesce(
        traits.part, {{ part_of_dimension('dimensions.dimension') }}
    ) as part,
    coalesce(
        traits.unit,
        case when combined.trait_value is null then 'score' else 'share' end
    ) as unit,
    coalesce(traits.basis, 'declared') as basis,
    coalesce(traits.source_entity, 'survey_responses') as source_entity,
    persona_sizes.count_customers,
    combined.count_known,
    cast(combined.sum_value as double) as sum_value,
    cast(combined.sum_squared as double) as sum_squared
from combined
inner join persona_sizes on combined.persona_id = persona_sizes.persona_id
left join traits on combined.trait = traits.trait
left join dimensions on combined.trait = dimensions.trait
where combined.count_known > 0
