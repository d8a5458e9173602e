{{ loaded_rows('market_benchmarks') }}
