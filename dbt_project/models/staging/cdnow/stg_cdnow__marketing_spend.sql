{{ empty_entity('cdnow', 'marketing_spend') }}
