"""What is expected of delivered marketing spend."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    between,
    few_rows_where,
    not_null,
    unique_in_delivery,
)

SUITE = Suite(
    name="marketing_spend",
    description="One row per day, channel and campaign.",
    expectations=(
        not_null(
            "spend_date",
            at_least=0.95,
            severity=BLOCKING,
            reason="Spend without a day falls out of every month: map "
            "spend_date, and check the date format in the cast.",
        ),
        not_null(
            "channel",
            at_least=0.95,
            severity=BLOCKING,
            reason="Spend without a channel cannot be planned: map channel.",
        ),
        not_null(
            "amount",
            at_least=0.95,
            severity=BLOCKING,
            reason="Spend without an amount makes acquisition look free: map "
            "amount.",
        ),
        not_null(
            "currency",
            at_least=0.95,
            severity=BLOCKING,
            reason="Amounts without a currency cannot be added up: map the "
            "currency, or write the company's only one as a constant.",
        ),
        unique_in_delivery(
            "spend_date",
            "channel",
            "campaign_id",
            severity=BLOCKING,
            reason="Of rows with the same day, channel and campaign only one "
            "is kept, so spend would shrink: add up advertisements in the "
            "export.",
        ),
        all_values_fit_their_types(),
        not_null(
            "campaign_id",
            at_least=0.95,
            severity=WARNING,
            reason="Spend outside campaigns says 'none'; empty ones are set "
            "aside: write 'none' in the staging model.",
        ),
        between(
            "amount",
            0,
            None,
            reason="Negative spend makes a channel look better than free: "
            "turn the sign, or book refunds on the day of the spend.",
        ),
        few_rows_where(
            "spend_has_a_known_campaign",
            "campaign_id <> 'none' and campaign_id not in (select "
            "known_campaign_id from {campaigns} "
            "where known_campaign_id is not null)",
            out_of="campaign_id <> 'none'",
            columns=["campaign_id"],
            at_most=0.2,
            siblings={"campaigns": ("campaign_id",)},
            reason="Spend of unknown campaigns cannot be set against their "
            "results: deliver the campaign list, or mend the names.",
        ),
    ),
)
