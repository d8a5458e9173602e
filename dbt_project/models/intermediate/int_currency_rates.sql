{# From when to when a currency is worth what in the reporting currency, by the
   seed currency_rates; the reporting currency itself is worth 1. -#}
{{ config(materialized='table') }}

with

rates as (

    select
        currency,
        valid_from,
        cast(rate as double) as rate
    from {{ ref('currency_rates') }}
    where currency <> {{ reporting_currency_literal() }}

    union all

    select
        {{ reporting_currency_literal() }} as currency,
        date '1900-01-01' as valid_from,
        1.0 as rate

)

select
    currency,
    valid_from,
    coalesce(
        lead(valid_from) over (partition by currency order by valid_from asc),
        date '9999-12-31'
    ) as valid_to,
    rate
from rates
where currency is not null
