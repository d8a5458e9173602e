{{ empty_entity('online_retail', 'reviews') }}
