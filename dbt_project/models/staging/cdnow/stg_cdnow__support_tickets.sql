{{ empty_entity('cdnow', 'support_tickets') }}
