{{ empty_entity('cdnow', 'customers') }}
