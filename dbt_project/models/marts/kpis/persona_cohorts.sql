{{ persona_cohorts('month') }}
