{{ empty_entity('cdnow', 'survey_responses') }}
