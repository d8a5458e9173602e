{{ loaded_rows('support_tickets') }}
