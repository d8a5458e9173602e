"""What is expected of delivered orders, the only required entity."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    between,
    count_at_most,
    few_rows_where,
    in_set,
    not_null,
    refers_to,
    unique_in_delivery,
)

CHANNELS = ["web", "app", "store", "phone", "marketplace"]
STATUSES = ["completed", "cancelled", "returned", "pending"]

SUITE = Suite(
    name="orders",
    description="One row per order, receipt or credit note.",
    expectations=(
        not_null(
            "order_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Orders without a key are set aside and their revenue is "
            "missing: map order_id to the order or invoice number.",
        ),
        unique_in_delivery(
            "order_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one is kept, so revenue "
            "would shrink: order_id is mapped to something that is not the "
            "order's number, or the file holds lines; map lines to "
            "order_lines.",
        ),
        not_null(
            "ordered_at",
            at_least=0.95,
            severity=BLOCKING,
            reason="An order without a time falls out of every month and "
            "every persona: map ordered_at, and check the date format in the "
            "staging model's cast.",
        ),
        not_null(
            "currency",
            at_least=0.95,
            severity=BLOCKING,
            reason="Amounts without a currency cannot be added up: map the "
            "currency, or write the company's only one as a constant.",
        ),
        all_values_fit_their_types(),
        not_null(
            "customer_id",
            at_least=0.3,
            severity=WARNING,
            reason="Guest orders count in totals but belong to no persona, "
            "and with so many of them personas describe a minority: map the "
            "loyalty card or e-mail through customer_identifiers.",
        ),
        in_set(
            "channel",
            CHANNELS,
            reason="A few orders have another channel and are set aside: "
            "translate it to these five in the staging model.",
        ),
        in_set(
            "channel",
            CHANNELS,
            at_least=0.95,
            severity=BLOCKING,
            reason="Orders with another channel are set aside: translate it "
            "to these five in the staging model.",
        ),
        in_set(
            "status",
            STATUSES,
            reason="A few orders have another status and are set aside: "
            "translate it to these four in the staging model.",
        ),
        in_set(
            "status",
            STATUSES,
            at_least=0.95,
            severity=BLOCKING,
            reason="Orders with another status are set aside, because they "
            "cannot be told from purchases: translate it to these four in the "
            "staging model.",
        ),
        between(
            "discount_amount",
            0,
            None,
            reason="Discounts are positive numbers; a negative one would "
            "raise net revenue: turn the sign in the staging model.",
        ),
        between(
            "shipping_amount",
            0,
            None,
            reason="Shipping is a positive number: turn the sign in the "
            "staging model, or leave refunds of shipping to the returns.",
        ),
        few_rows_where(
            "ordered_at_is_not_after_the_delivery",
            "ordered_at > delivered_at + interval 1 day",
            out_of="ordered_at is not null and delivered_at is not null",
            columns=["ordered_at", "delivered_at"],
            reason="Orders from the future are set aside: day and month are "
            "swapped, or local time was not converted to UTC.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Buyers who are in no customer file have no demographics, "
            "so cards say unknown: check that both systems use the same id, "
            "or ask for the full customer file.",
        ),
        refers_to(
            "campaigns",
            "campaign_id",
            at_least=0.8,
            reason="Orders of unknown campaigns are missing from campaign "
            "results: deliver the campaign list, or mend the coupon's name.",
        ),
        count_at_most(
            "there_are_orders",
            unexpected="case when count(*) = 0 and "
            "(select count(*) from {orders}) = 0 then 1 else 0 end",
            checked="1",
            columns=["order_id"],
            severity=WARNING,
            reason="Without orders there are no personas and every KPI is "
            "empty: that is right for a new company; otherwise look for the "
            "file in landing.",
            siblings={"orders": ("order_id",)},
            applies_without_siblings=True,
        ),
    ),
)
