{{ loaded_rows('customer_identifiers') }}
