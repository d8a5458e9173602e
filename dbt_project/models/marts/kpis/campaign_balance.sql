with

balances as (

    select * from {{ source('ml_campaigns', 'campaign_balances') }}

),

totals as (

    select * from {{ source('ml_campaigns', 'campaign_totals') }}

),

-- A persona's share is a count of its customers.
few as (

    select
        campaign_id,
        covariate
    from {{ ref('int_campaign_arm_covariates') }}
    where
        count_customers < {{ privacy_floor() }}
        or (
            left(covariate, 8) = 'persona_'
            and least(mean, 1 - mean) * count_customers
            < {{ privacy_floor() }} - 0.5
        )
    group by campaign_id, covariate

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    balances.campaign_id,
    balances.covariate,
    totals.evidence,
    case
        when balances.count_treated >= {{ privacy_floor() }}
            then balances.count_treated
    end as count_treated,
    case
        when balances.count_compared >= {{ privacy_floor() }}
            then balances.count_compared
    end as count_compared,
    case when few.campaign_id is null then round(balances.difference_before, 9) end
        as difference_before,
    case when few.campaign_id is null then round(balances.difference_after, 9) end
        as difference_after,
    case when few.campaign_id is null then round(balances.allowed_difference, 9) end
        as allowed_difference,
    balances.is_balanced,
    few.campaign_id is not null as has_hidden_figures,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from balances
cross join as_of
inner join totals on balances.campaign_id = totals.campaign_id
left join few
    on
        balances.campaign_id = few.campaign_id
        and balances.covariate = few.covariate
