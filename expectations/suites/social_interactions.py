"""What is expected of delivered social media interactions."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    between,
    in_set,
    not_null,
    refers_to,
    unique_in_delivery,
)

SUITE = Suite(
    name="social_interactions",
    description="One row per interaction on social media.",
    expectations=(
        not_null(
            "interaction_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Interactions without a key are set aside: map "
            "interaction_id.",
        ),
        unique_in_delivery(
            "interaction_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one is kept: "
            "interaction_id is the post's id; add the person or the time.",
        ),
        not_null(
            "interacted_at",
            at_least=0.95,
            severity=BLOCKING,
            reason="An interaction without a time falls out of every month: "
            "map interacted_at, and check the date format in the cast.",
        ),
        all_values_fit_their_types(),
        between(
            "sentiment",
            -1,
            1,
            reason="Sentiment runs from -1 to 1; another scale makes every "
            "persona hostile or glad: rescale it in the staging model.",
        ),
        in_set(
            "interaction_kind",
            ["like", "comment", "share", "follow", "mention", "message"],
            at_least=0.9,
            reason="Kinds that are not translated are left out of the "
            "cards: translate them in the staging model.",
        ),
        not_null(
            "customer_id",
            at_least=0.02,
            severity=WARNING,
            reason="Hardly any interaction belongs to a known customer, so "
            "nothing can be said of personas: join accounts through "
            "customer_identifiers.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Interactions of unknown customers join nothing: check "
            "that both systems use the same id.",
        ),
    ),
)
