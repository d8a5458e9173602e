{{ empty_entity('adventureworks', 'reviews') }}
