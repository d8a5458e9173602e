{{ loaded_rows('campaign_touches') }}
