"""What is expected of delivered product reviews."""

from expectations.vocabulary import (
    BLOCKING,
    Suite,
    all_values_fit_their_types,
    between,
    not_null,
    refers_to,
    unique_in_delivery,
)

SUITE = Suite(
    name="reviews",
    description="One row per product review.",
    expectations=(
        not_null(
            "review_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Reviews without a key are set aside: map review_id.",
        ),
        unique_in_delivery(
            "review_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one review is kept: "
            "review_id is the product's or the customer's; map the review's.",
        ),
        not_null(
            "reviewed_at",
            at_least=0.95,
            severity=BLOCKING,
            reason="A review without a time falls out of every month: map "
            "reviewed_at, and check the date format in the cast.",
        ),
        all_values_fit_their_types(),
        between(
            "rating",
            1,
            5,
            at_least=0.95,
            severity=BLOCKING,
            reason="Ratings run from 1 (bad) to 5 (good); another scale "
            "makes personas look angry or thrilled: rescale it in the "
            "staging model.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Reviews of unknown customers tell nothing about "
            "personas: check that both systems use the same id.",
        ),
        refers_to(
            "products",
            "product_id",
            reason="Reviews of unknown products join no category: ask for "
            "the full product file, discontinued items included.",
        ),
    ),
)
