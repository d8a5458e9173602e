{{ loaded_rows('web_sessions') }}
