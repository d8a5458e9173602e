{{ empty_entity('online_retail', 'social_interactions') }}
