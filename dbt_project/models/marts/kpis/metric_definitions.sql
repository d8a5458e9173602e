with

metrics (
    metric_name, label, meaning, formula, unit, owner, period, metric_type,
    kpi_table, kpi_column
) as (

    values
    {{ metric_rows() | join(',\n    ') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    metrics.metric_name,
    metrics.label,
    metrics.meaning,
    metrics.formula,
    case
        when metrics.unit = 'money' then currencies.currency
        else metrics.unit
    end as unit,
    metrics.owner,
    metrics.period,
    metrics.metric_type,
    metrics.kpi_table,
    metrics.kpi_column,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from metrics
cross join currencies
cross join as_of
