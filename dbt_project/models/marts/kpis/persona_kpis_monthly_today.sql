{{ persona_scorecard('today') }}
