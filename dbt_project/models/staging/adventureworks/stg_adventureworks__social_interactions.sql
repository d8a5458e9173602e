{{ empty_entity('adventureworks', 'social_interactions') }}
