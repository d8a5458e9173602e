{{ empty_entity('cdnow', 'customer_identifiers') }}
