{{ empty_entity('online_retail', 'campaign_touches') }}
