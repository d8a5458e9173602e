{{ empty_entity('adventureworks', 'web_sessions') }}
