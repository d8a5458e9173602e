{{ empty_entity('cdnow', 'survey_questions') }}
