with

known_customers as (

    select * from {{ ref('input_layer__customers') }}

),

orders as (

    select * from {{ ref('orders') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

buyers as (

    select
        customer_id,
        min(source) as source,
        min(ordered_date) filter (where is_purchase) as first_order_date,
        max(ordered_date) filter (where is_purchase) as last_order_date,
        min_by(country, ordered_at) as first_order_country
    from orders
    where customer_id is not null
    group by customer_id

),

-- Whoever ordered is a customer, also where no customer row was delivered.
customer_ids as (

    select customer_id from known_customers
    union
    select customer_id from buyers

),

joined as (

    select
        customer_ids.customer_id,
        coalesce(known_customers.source, buyers.source) as source,
        known_customers.customer_id is null as is_derived_from_orders,
        known_customers.customer_name,
        known_customers.birth_date,
        case
            when known_customers.birth_date is not null
                then
                    extract(year from as_of.as_of_date)
                    - extract(year from known_customers.birth_date)
                    - case
                        when
                            extract(month from as_of.as_of_date) * 100
                            + extract(day from as_of.as_of_date)
                            < extract(month from known_customers.birth_date)
                            * 100
                            + extract(day from known_customers.birth_date)
                            then 1
                        else 0
                    end
        end as age_years,
        known_customers.age_min as band_age_min,
        known_customers.age_max as band_age_max,
        known_customers.gender,
        known_customers.marital_status,
        known_customers.education,
        known_customers.occupation,
        known_customers.income_min,
        known_customers.income_max,
        known_customers.income_currency,
        known_customers.household_size,
        known_customers.children_count,
        known_customers.is_home_owner,
        coalesce(known_customers.country, buyers.first_order_country)
            as country,
        known_customers.region,
        known_customers.city,
        known_customers.postal_code,
        known_customers.language,
        known_customers.acquisition_channel,
        known_customers.has_email_consent,
        known_customers.registered_at,
        buyers.first_order_date,
        buyers.last_order_date
    from customer_ids
    cross join as_of
    left join known_customers
        on customer_ids.customer_id = known_customers.customer_id
    left join buyers on customer_ids.customer_id = buyers.customer_id

)

select
    customer_id,
    source,
    customer_name,
    gender,
    marital_status,
    education,
    occupation,
    income_currency,
    country,
    region,
    city,
    postal_code,
    language,
    acquisition_channel,
    cast(coalesce(age_years, band_age_min) as integer) as age_min,
    cast(coalesce(age_years, band_age_max) as integer) as age_max,
    income_min,
    income_max,
    household_size,
    children_count,
    is_home_owner,
    has_email_consent,
    is_derived_from_orders,
    birth_date,
    first_order_date,
    last_order_date,
    registered_at,
    {{ run_id_literal() }} as run_id
from joined
