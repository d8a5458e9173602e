{# Campaigns as they are delivered, with what they were found to do. -#}
with

delivered as (

    select * from {{ ref('input_layer__campaigns') }}

),

judged as (

    select * from {{ ref('campaigns') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    delivered.campaign_id,
    {%- for column in ['campaign_name', 'channel', 'objective'] %}
    coalesce(nullif(trim(delivered.{{ column }}), ''), 'Unknown')
        as {{ column }},
    {%- endfor %}
    coalesce(judged.verdict, 'not judged') as verdict,
    delivered.starts_on,
    delivered.ends_on,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from delivered
cross join as_of
left join judged on delivered.campaign_id = judged.campaign_id
