{%- set thresholds = var('drift_thresholds') -%}
with

features as (

    select * from {{ ref('persona_drift_features') }}

),

months as (

    select * from {{ ref('customer_persona_months') }}
    where is_since_approval

),

comparisons as (

    select * from {{ source('ml', 'model_comparisons') }}

),

model_runs as (

    select * from {{ source('ml', 'model_runs') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

thresholds as (
    {% for measure, bounds in thresholds.items() %}
    select
        '{{ measure }}' as measure,
        cast({{ bounds.watch | float }} as double) as watch_from,
        cast({{ bounds.act | float }} as double) as act_from
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

steps as (

    select
        months.model_run_id,
        months.month_end,
        months.previous_persona_id,
        months.persona_id,
        months.is_settled,
        count(*) as count_customers
    from months
    where months.persona_id <> 'unassigned'
    group by
        months.model_run_id,
        months.month_end,
        months.previous_persona_id,
        months.persona_id,
        months.is_settled

),

-- Sizes against those of the first month told of.
sizes as (

    select
        model_run_id,
        month_end,
        persona_id,
        sum(count_customers) + 0.5 as size_now
    from steps
    group by model_run_id, month_end, persona_id

),

first_months as (

    select
        model_run_id,
        min(month_end) as month_end
    from sizes
    group by model_run_id

),

first_sizes as (

    select sizes.*
    from sizes
    inner join first_months
        on
            sizes.model_run_id = first_months.model_run_id
            and sizes.month_end = first_months.month_end

),

all_months as (

    select distinct
        model_run_id,
        month_end
    from sizes

),

all_personas as (

    select distinct
        model_run_id,
        persona_id
    from sizes

),

size_shares as (

    select
        all_months.model_run_id,
        all_months.month_end,
        coalesce(sizes.size_now, 0.5)
        / cast(sum(coalesce(sizes.size_now, 0.5)) over the_month as double)
            as share_now,
        coalesce(first_sizes.size_now, 0.5)
        / cast(sum(coalesce(first_sizes.size_now, 0.5)) over the_month as double)
            as share_before
    from all_months
    inner join all_personas
        on all_months.model_run_id = all_personas.model_run_id
    left join sizes
        on
            all_months.model_run_id = sizes.model_run_id
            and all_months.month_end = sizes.month_end
            and all_personas.persona_id = sizes.persona_id
    left join first_sizes
        on
            all_personas.model_run_id = first_sizes.model_run_id
            and all_personas.persona_id = first_sizes.persona_id
    window the_month as (
        partition by all_months.model_run_id, all_months.month_end
    )

),

-- How uncertain the next persona of a settled customer is, from 0 (all stay)
-- to 1 (all personas are as likely).
settled_steps as (

    select
        model_run_id,
        month_end,
        count_customers,
        sum(count_customers) over (
            partition by model_run_id, month_end, previous_persona_id
        ) as count_before,
        sum(count_customers) over (partition by model_run_id, month_end)
            as count_total
    from steps
    where
        is_settled
        and previous_persona_id <> 'unassigned'

),

count_personas as (

    select
        model_run_id,
        count(*) as count_personas
    from all_personas
    group by model_run_id

),

entropies as (

    select
        settled_steps.model_run_id,
        settled_steps.month_end,
        -sum(
            settled_steps.count_customers
            / cast(settled_steps.count_total as double)
            * ln(
                settled_steps.count_customers
                / cast(settled_steps.count_before as double)
            )
        ) / nullif(ln(min(count_personas.count_personas)), 0) as entropy
    from settled_steps
    inner join count_personas
        on settled_steps.model_run_id = count_personas.model_run_id
    group by settled_steps.model_run_id, settled_steps.month_end

),

-- The newest refit that was compared with a model in a month.
refits as (

    select
        comparisons.compared_model_run_id,
        comparisons.moved_share,
        comparisons.changed_share,
        last_day(model_runs.as_of_date) as month_end
    from comparisons
    inner join model_runs on comparisons.model_run_id = model_runs.model_run_id
    qualify
        row_number() over (
            partition by
                comparisons.compared_model_run_id,
                last_day(model_runs.as_of_date)
            order by model_runs.trained_at desc, model_runs.model_run_id desc
        ) = 1

),

measures as (

    select
        model_run_id,
        month_end,
        'input' as drift_kind,
        'feature_psi' as measure,
        feature,
        greatest(psi - psi_by_chance, 0) as drift
    from features

    union all

    select
        model_run_id,
        month_end,
        'assignment' as drift_kind,
        'size_psi' as measure,
        cast(null as varchar) as feature,
        sum((share_now - share_before) * ln(share_now / share_before))
            as drift
    from size_shares
    group by model_run_id, month_end

    union all

    select
        model_run_id,
        month_end,
        'assignment' as drift_kind,
        'migration_entropy' as measure,
        cast(null as varchar) as feature,
        greatest(entropy, 0) as drift
    from entropies

    union all

    select
        compared_model_run_id as model_run_id,
        month_end,
        'definition' as drift_kind,
        'changed_share' as measure,
        cast(null as varchar) as feature,
        changed_share as drift
    from refits

    union all

    select
        compared_model_run_id as model_run_id,
        month_end,
        'definition' as drift_kind,
        'moved_share' as measure,
        cast(null as varchar) as feature,
        moved_share as drift
    from refits

),

-- Of each kind the measure that is furthest on its way.
worst as (

    select
        measures.model_run_id,
        measures.month_end,
        measures.drift_kind,
        measures.measure,
        measures.feature,
        round(measures.drift, 4) as drift,
        thresholds.watch_from,
        thresholds.act_from
    from measures
    inner join thresholds on measures.measure = thresholds.measure
    qualify
        row_number() over (
            partition by
                measures.model_run_id, measures.month_end, measures.drift_kind
            order by
                coalesce(measures.drift, 0) / thresholds.act_from desc,
                measures.measure asc,
                measures.feature asc
        ) = 1

),

judged as (

    select
        *,
        case
            when drift >= act_from and drift_kind = 'definition'
                then 'review'
            when drift >= act_from then 'retrain'
            when drift >= watch_from then 'watch'
            else 'ok'
        end as status
    from worst

)

select
    judged.model_run_id,
    judged.month_end,
    judged.drift_kind,
    judged.status,
    judged.measure,
    judged.feature,
    judged.drift,
    judged.watch_from,
    judged.act_from,
    concat(
        case
            when judged.drift is null then 'Too few customers to tell'
            when judged.measure = 'feature_psi'
                then concat(
                    'What customers do has moved most in ', judged.feature
                )
            when judged.measure = 'size_psi'
                then 'The sizes of the personas have changed'
            when judged.measure = 'migration_entropy'
                then 'Settled customers change personas'
            when judged.measure = 'changed_share'
                then 'Claims that a refit does not make, or the other way'
            else 'Customers that a refit puts elsewhere'
        end,
        ': ',
        coalesce(cast(cast(judged.drift as decimal(10, 2)) as varchar), '-'),
        '; watch from ', cast(cast(judged.watch_from as decimal(10, 2)) as varchar),
        case
            when judged.drift_kind = 'definition' then ', review from '
            else ', retrain from '
        end,
        cast(cast(judged.act_from as decimal(10, 2)) as varchar), '.'
    ) as reason,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from judged
cross join as_of
