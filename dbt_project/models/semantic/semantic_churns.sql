{# When a customer churned, and when one who had came back: by the gap that is
   expected of their persona. -#}
with

lapses as (

    select * from {{ ref('int_customer_lapses') }}
    where persona_basis = 'month' and churn_rule = 'expected'

),

segments as (

    select * from {{ ref('int_customer_segments') }}

),

events as (

    select
        customer_id,
        true as is_churn,
        churned_on as happened_on
    from lapses

    union all

    select
        customer_id,
        false as is_churn,
        returned_on as happened_on
    from lapses
    where returned_on is not null

)

select
    events.customer_id,
    {{ persona_ids() }},
    events.is_churn,
    not events.is_churn as is_return,
    events.happened_on
from events
{{- join_segments('events', 'events.happened_on') }}
