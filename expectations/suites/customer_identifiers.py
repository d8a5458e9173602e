"""What is expected of delivered customer identifiers."""

from expectations.vocabulary import (
    BLOCKING,
    Suite,
    all_values_fit_their_types,
    in_set,
    not_null,
    refers_to,
    unique_in_delivery,
)

SUITE = Suite(
    name="customer_identifiers",
    description="One row per identifier type and value.",
    expectations=(
        not_null(
            "identifier_type",
            at_least=0.95,
            severity=BLOCKING,
            reason="An identifier of unknown kind matches nothing: map "
            "identifier_type.",
        ),
        not_null(
            "identifier_value",
            at_least=0.95,
            severity=BLOCKING,
            reason="Rows without the identifier are set aside: map "
            "identifier_value.",
        ),
        unique_in_delivery(
            "identifier_type",
            "identifier_value",
            severity=BLOCKING,
            reason="An identifier of several persons would glue strangers "
            "together: leave out shared ones (a shop's own e-mail, a public "
            "device) or placeholders such as none@none.",
        ),
        all_values_fit_their_types(),
        not_null(
            "customer_id",
            at_least=0.5,
            severity=BLOCKING,
            reason="Identifiers that belong to nobody are of no use: map "
            "customer_id.",
        ),
        in_set(
            "identifier_type",
            ["email", "device", "cookie", "loyalty_card", "account", "phone"],
            reason="Kinds that are not translated do not match those of "
            "other sources: translate them in the staging model.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Identifiers of unknown persons join nothing: check that "
            "both files use the same customer id.",
        ),
    ),
)
