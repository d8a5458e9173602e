{{ empty_entity('online_retail', 'market_benchmarks') }}
