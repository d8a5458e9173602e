with

cells as (

    select * from {{ source('ml_flows', 'persona_flow_cells') }}

),

model as (

    select coalesce(max(model_run_id), '') as model_run_id
    from {{ ref('int_model_in_force') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    cells.from_month_end,
    cells.month_end,
    cells.count_months,
    cells.from_persona_id,
    cells.to_persona_id,
    cells.count_customers,
    cells.customer_share,
    cells.is_hidden,
    nullif(model.model_run_id, '') as model_run_id,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from cells
cross join as_of
inner join model on cells.model_run_id = model.model_run_id
