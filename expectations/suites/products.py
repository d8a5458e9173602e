"""What is expected of delivered products."""

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
    name="products",
    description="One row per product or variant that is sold.",
    expectations=(
        not_null(
            "product_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="A product without a key joins no order line: map "
            "product_id to the SKU or variant id.",
        ),
        unique_in_delivery(
            "product_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one product is kept: "
            "map product_id to the variant, not to its family.",
        ),
        all_values_fit_their_types(),
        not_null(
            "category",
            at_least=0.5,
            severity=WARNING,
            reason="Without categories the cards cannot say what a persona "
            "likes: map the top level of the assortment.",
        ),
        between(
            "unit_cost",
            0,
            None,
            reason="A negative cost raises margins: turn the sign in the "
            "staging model.",
        ),
        between(
            "list_price",
            0,
            None,
            reason="A negative price makes every sale a markup: turn the "
            "sign in the staging model.",
        ),
        few_rows_where(
            "amounts_have_a_currency",
            "coalesce(unit_cost, list_price) is not null and currency is null",
            out_of="coalesce(unit_cost, list_price) is not null",
            columns=["unit_cost", "list_price", "currency"],
            reason="Costs without a currency cannot be set against revenue, "
            "so margins stay unknown: write the currency in the staging "
            "model.",
        ),
    ),
)
