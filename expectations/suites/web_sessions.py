"""What is expected of delivered web and app sessions."""

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
    name="web_sessions",
    description="One row per web or app session, anonymous ones included.",
    expectations=(
        not_null(
            "session_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Sessions without a key are set aside: map session_id.",
        ),
        unique_in_delivery(
            "session_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one session is kept: the "
            "export holds page views, or session_id is the visitor's cookie.",
        ),
        not_null(
            "started_at",
            at_least=0.95,
            severity=BLOCKING,
            reason="A session without a time falls out of every month: map "
            "started_at, and check the date format in the cast.",
        ),
        all_values_fit_their_types(),
        not_null(
            "customer_id",
            at_least=0.02,
            severity=WARNING,
            reason="Hardly any session belongs to a known customer, so "
            "nothing can be said of a persona's browsing: join logins or "
            "cookies through customer_identifiers.",
        ),
        between(
            "duration_seconds",
            0,
            86_400,
            reason="A session longer than a day is mostly in milliseconds: "
            "divide in the staging model.",
        ),
        between(
            "pageviews",
            0,
            10_000,
            reason="Thousands of pages in a session are robots, which make a "
            "persona look eager: filter them in the export.",
        ),
        between(
            "cart_additions",
            0,
            10_000,
            reason="Thousands of products in a cart are robots or an amount "
            "in the wrong column: check the mapping.",
        ),
        in_set(
            "device",
            ["mobile", "desktop", "tablet"],
            at_least=0.9,
            reason="Other devices become groups of their own on the cards: "
            "translate them in the staging model.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Visitors who are no customers of the customer file join "
            "nothing: check that both systems use the same id.",
        ),
    ),
)
