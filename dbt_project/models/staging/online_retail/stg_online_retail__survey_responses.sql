{{ empty_entity('online_retail', 'survey_responses') }}
