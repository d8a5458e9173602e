{{ empty_entity('cdnow', 'web_sessions') }}
