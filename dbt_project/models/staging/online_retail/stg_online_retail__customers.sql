{{ empty_entity('online_retail', 'customers') }}
