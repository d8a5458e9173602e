with

limits as (

    select * from {{ source('ml_budget', 'budget_limits') }}

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    limits.channel,
    limits.min_amount,
    limits.max_amount,
    currencies.currency,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from limits
cross join currencies
cross join as_of
