with

persona_spend as (

    select * from {{ ref('int_persona_spend') }}
    where persona_basis = 'month'

)

select
    persona_id,
    campaign_id,
    channel,
    is_acquisition,
    spend_amount,
    case when is_acquisition then spend_amount end as acquisition_amount,
    month
from persona_spend
