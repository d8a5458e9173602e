"""What is expected of delivered support tickets."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    between,
    few_rows_where,
    in_set,
    not_null,
    refers_to,
    unique_in_delivery,
)

SUITE = Suite(
    name="support_tickets",
    description="One row per support ticket, call or feedback message.",
    expectations=(
        not_null(
            "ticket_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Tickets without a key are set aside: map ticket_id.",
        ),
        unique_in_delivery(
            "ticket_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one ticket is kept: the "
            "export holds messages; keep one row per ticket.",
        ),
        not_null(
            "opened_at",
            at_least=0.95,
            severity=BLOCKING,
            reason="A ticket without a time falls out of every month: map "
            "opened_at, and check the date format in the cast.",
        ),
        all_values_fit_their_types(),
        in_set(
            "channel",
            ["email", "chat", "phone", "store", "social", "form"],
            reason="Other channels get no share of their own on the cards: "
            "translate them to these six in the staging model.",
        ),
        in_set(
            "priority",
            ["low", "normal", "high", "urgent"],
            reason="Levels that are not translated are left out of service "
            "figures: translate them in the staging model.",
        ),
        between(
            "csat",
            1,
            5,
            reason="Satisfaction runs from 1 to 5; 0 mostly means not rated "
            "and makes everybody look unhappy: deliver it empty, or rescale.",
        ),
        few_rows_where(
            "tickets_are_answered_after_they_are_opened",
            "first_response_at < opened_at or resolved_at < opened_at",
            out_of="coalesce(first_response_at, resolved_at) is not null "
            "and opened_at is not null",
            columns=["opened_at", "first_response_at", "resolved_at"],
            reason="Negative waiting times make the service look fast: the "
            "columns are in different time zones; convert them to UTC.",
        ),
        not_null(
            "customer_id",
            at_least=0.3,
            severity=WARNING,
            reason="Tickets of nobody tell nothing about personas: join the "
            "sender's e-mail through customer_identifiers.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Tickets of unknown customers join nothing: check that "
            "both systems use the same id.",
        ),
        refers_to(
            "orders",
            "order_id",
            at_least=0.8,
            reason="Tickets about unknown orders cannot be set against "
            "purchases: write the order number as in orders.",
        ),
    ),
)
