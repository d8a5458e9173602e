{{ config(materialized='table') }}

with

contacts as (

    select * from {{ ref('int_contacts') }}
    where customer_id is not null

)

select
    customer_id,
    month,
    {{ contact_sums() }}
from contacts
group by customer_id, month
