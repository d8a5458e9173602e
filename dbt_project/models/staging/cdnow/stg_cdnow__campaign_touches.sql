{{ empty_entity('cdnow', 'campaign_touches') }}
