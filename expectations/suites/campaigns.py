"""What is expected of delivered campaigns."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    few_rows_where,
    in_set,
    not_null,
    unique_in_delivery,
)

SUITE = Suite(
    name="campaigns",
    description="One row per marketing campaign.",
    expectations=(
        not_null(
            "campaign_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="A campaign without a key joins no touch and no spend: "
            "map campaign_id.",
        ),
        unique_in_delivery(
            "campaign_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one campaign is kept: the "
            "export holds one row per day or message; keep one per campaign.",
        ),
        all_values_fit_their_types(),
        not_null(
            "channel",
            at_least=0.95,
            severity=WARNING,
            reason="A campaign without a channel is missing from channel "
            "comparisons and the budget plan: map channel.",
        ),
        not_null(
            "starts_on",
            at_least=0.95,
            severity=WARNING,
            reason="Without a first day the effect cannot be measured, as "
            "nobody knows what came before: map starts_on.",
        ),
        in_set(
            "objective",
            [
                "acquisition",
                "activation",
                "retention",
                "win_back",
                "upsell",
            ],
            reason="Objectives that are not translated cannot be compared: "
            "translate them to these five in the staging model.",
        ),
        few_rows_where(
            "campaigns_end_after_they_start",
            "ends_on < starts_on",
            out_of="starts_on is not null and ends_on is not null",
            columns=["starts_on", "ends_on"],
            reason="A campaign that ends before it starts has no window to "
            "measure in: swap the columns, or day and month.",
        ),
    ),
)
