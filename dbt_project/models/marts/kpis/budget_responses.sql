with

responses as (

    select * from {{ source('ml_budget', 'budget_responses') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    responses.persona_id,
    responses.channel,
    responses.count_experiments,
    responses.count_treated,
    responses.count_held_out,
    responses.measured as measured_return,
    responses.error as measured_return_error,
    responses.cost as touch_cost,
    currencies.currency,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from responses
cross join currencies
cross join as_of
