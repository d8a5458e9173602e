{{ persona_cohorts('today') }}
