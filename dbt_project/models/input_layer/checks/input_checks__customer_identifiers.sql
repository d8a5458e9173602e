with

mapped as (
    {{ rows_of_all_sources('customer_identifiers') }}

),

judged as (

    select
        *,
        case
            when identifier_type is null or identifier_value is null
                then 'missing_key: identifier_type or identifier_value is empty'
            when cast_failures is not null
                then 'unparsable: ' || cast_failures
            when customer_id is null
                then 'missing_value: customer_id is empty'
            when identifier_type = 'email' and not {{ matches('identifier_value', '^[^@\\s]+@[^@\\s]+[.][^@\\s.]+$') }}
                then 'broken_email: identifier_value is not an e-mail address'
        end as fault
    from mapped

),

{{ settle('customer_identifiers', key=['identifier_type', 'identifier_value']) }}

select * from settled
