{{ empty_entity('online_retail', 'marketing_spend') }}
