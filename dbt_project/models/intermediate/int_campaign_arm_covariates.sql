{# How alike the arms of a campaign were before the touch: mean and variance of
   what was known, and the share of each persona. -#}
{{ config(materialized='table') }}
{%- set covariates = campaign_covariates() %}

with

cohorts as (

    select * from {{ ref('int_campaign_cohorts') }}

),

arms as (

    select
        campaign_id,
        arm,
        count(*) as count_customers
    from cohorts
    group by campaign_id, arm

),

personas as (

    select distinct
        campaign_id,
        persona_id
    from cohorts

),

in_personas as (

    select
        campaign_id,
        arm,
        persona_id,
        count(*) as count_customers
    from cohorts
    group by campaign_id, arm, persona_id

),

moments as (
    {% for covariate in covariates %}
    select
        campaign_id,
        arm,
        '{{ covariate }}' as covariate,
        count(*) as count_customers,
        avg({{ covariate }}) as mean,
        coalesce(var_samp({{ covariate }}), 0) as variance
    from cohorts
    group by campaign_id, arm

    union all
    {% endfor %}
    select
        arms.campaign_id,
        arms.arm,
        'persona_' || personas.persona_id as covariate,
        arms.count_customers,
        {{ ratio(
            'coalesce(in_personas.count_customers, 0)', 'arms.count_customers'
        ) }} as mean,
        {{ ratio(
            'coalesce(in_personas.count_customers, 0)', 'arms.count_customers'
        ) }} * (1 - {{ ratio(
            'coalesce(in_personas.count_customers, 0)', 'arms.count_customers'
        ) }}) as variance
    from arms
    inner join personas on arms.campaign_id = personas.campaign_id
    left join in_personas
        on
            arms.campaign_id = in_personas.campaign_id
            and arms.arm = in_personas.arm
            and personas.persona_id = in_personas.persona_id

)

select * from moments
