{{ empty_entity('online_retail', 'web_sessions') }}
