{{ empty_entity('cdnow', 'social_interactions') }}
