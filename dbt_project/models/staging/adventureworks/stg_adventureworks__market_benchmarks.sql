{{ empty_entity('adventureworks', 'market_benchmarks') }}
