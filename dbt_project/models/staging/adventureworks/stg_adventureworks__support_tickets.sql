{{ empty_entity('adventureworks', 'support_tickets') }}
