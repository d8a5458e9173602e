{{ empty_entity('cdnow', 'reviews') }}
