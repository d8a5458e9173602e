{{ empty_entity('adventureworks', 'marketing_spend') }}
