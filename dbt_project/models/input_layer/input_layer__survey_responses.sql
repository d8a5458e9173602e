{{ loaded_rows('survey_responses') }}
