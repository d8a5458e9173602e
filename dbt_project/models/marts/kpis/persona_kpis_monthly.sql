{{ persona_scorecard('month') }}
