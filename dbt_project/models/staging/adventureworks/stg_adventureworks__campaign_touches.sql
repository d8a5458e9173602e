{{ empty_entity('adventureworks', 'campaign_touches') }}
