{{ empty_entity('online_retail', 'customer_identifiers') }}
