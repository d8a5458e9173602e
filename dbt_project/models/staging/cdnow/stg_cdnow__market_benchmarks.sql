{{ empty_entity('cdnow', 'market_benchmarks') }}
