{{ loaded_rows('survey_questions') }}
