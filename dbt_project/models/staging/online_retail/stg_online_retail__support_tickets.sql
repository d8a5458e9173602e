{{ empty_entity('online_retail', 'support_tickets') }}
