{# Products as they are delivered; what is not known says Unknown. -#}
with

products as (

    select * from {{ ref('input_layer__products') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

)

select
    products.product_id,
    {%- for column in [
        'product_name', 'category', 'subcategory', 'brand'
    ] %}
    coalesce(nullif(trim(products.{{ column }}), ''), 'Unknown')
        as {{ column }},
    {%- endfor %}
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from products
cross join as_of
