"""What is expected of delivered market benchmarks."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    few_rows_where,
    not_null,
    unique_in_delivery,
)

SUITE = Suite(
    name="market_benchmarks",
    description="One row per figure of market research or a competitor.",
    expectations=(
        not_null(
            "metric",
            at_least=0.95,
            severity=BLOCKING,
            reason="A figure of nothing cannot be compared: map metric, "
            "named as in the KPI tables.",
        ),
        not_null(
            "benchmark_value",
            at_least=0.95,
            severity=BLOCKING,
            reason="A benchmark without its figure compares nothing: map "
            "benchmark_value.",
        ),
        unique_in_delivery(
            "metric",
            "segment",
            "period",
            "publisher",
            severity=BLOCKING,
            reason="Of rows with the same metric, segment, period and "
            "publisher only one figure is kept: name what tells them apart "
            "in segment.",
        ),
        all_values_fit_their_types(),
        not_null(
            "publisher",
            at_least=0.95,
            severity=WARNING,
            reason="A figure nobody has published cannot be checked, and "
            "rows without a publisher are set aside: name the report.",
        ),
        not_null(
            "unit",
            at_least=0.95,
            severity=WARNING,
            reason="A figure without a unit cannot be compared: write share, "
            "count, days or a currency.",
        ),
        few_rows_where(
            "shares_are_between_0_and_1",
            "unit = 'share' and (benchmark_value < 0 or benchmark_value > 1)",
            out_of="unit = 'share' and benchmark_value is not null",
            columns=["unit", "benchmark_value"],
            reason="Shares are 0-1; per cents would be a hundred times too "
            "large: divide by 100 in the staging model.",
        ),
    ),
)
