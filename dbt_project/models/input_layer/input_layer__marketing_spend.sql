{{ loaded_rows('marketing_spend') }}
