{{ empty_entity('cdnow', 'products') }}
