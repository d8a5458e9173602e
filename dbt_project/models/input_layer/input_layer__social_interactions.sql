{{ loaded_rows('social_interactions') }}
