"""What is expected of delivered customers."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    between,
    few_rows_where,
    in_set,
    not_null,
    unique_in_delivery,
)

SUITE = Suite(
    name="customers",
    description="One row per person.",
    expectations=(
        not_null(
            "customer_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="A person without a key cannot be joined to anything: map "
            "customer_id to the stable id of the CRM or shop.",
        ),
        unique_in_delivery(
            "customer_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one person is kept: "
            "customer_id is mapped to something that persons share, such as "
            "a household or a company.",
        ),
        all_values_fit_their_types(),
        few_rows_where(
            "birth_dates_are_possible",
            "birth_date < date '1900-01-01' "
            "or birth_date > cast(delivered_at as date)",
            out_of="birth_date is not null",
            columns=["birth_date", "delivered_at"],
            reason="Birth dates before 1900 or after the delivery are "
            "placeholders or have the wrong century, and make ages nobody "
            "has: deliver unknown as empty.",
        ),
        between(
            "age_min",
            0,
            120,
            reason="Ages out of 0-120 are birth years or codes, and shift "
            "every age on the cards: split the band in the staging model.",
        ),
        between(
            "age_max",
            0,
            120,
            reason="Ages out of 0-120 are birth years or codes, and shift "
            "every age on the cards: split the band in the staging model; an "
            "open band stays empty.",
        ),
        few_rows_where(
            "age_bands_are_the_right_way_round",
            "age_max < age_min",
            out_of="age_min is not null and age_max is not null",
            columns=["age_min", "age_max"],
            reason="A band that ends before it begins has no middle: swap "
            "the two columns.",
        ),
        few_rows_where(
            "income_bands_are_the_right_way_round",
            "income_max < income_min",
            out_of="income_min is not null and income_max is not null",
            columns=["income_min", "income_max"],
            reason="A band that ends before it begins has no middle: swap "
            "the two columns.",
        ),
        few_rows_where(
            "incomes_have_a_currency",
            "coalesce(income_min, income_max) is not null "
            "and income_currency is null",
            out_of="coalesce(income_min, income_max) is not null",
            columns=["income_min", "income_max", "income_currency"],
            reason="Incomes without a currency cannot be compared and stay "
            "unknown: write the currency in the staging model.",
        ),
        in_set(
            "gender",
            ["female", "male", "other"],
            reason="Codes instead of words are counted as other genders: "
            "translate them in the staging model; do not guess.",
        ),
        in_set(
            "marital_status",
            ["single", "married", "partnered", "divorced", "widowed"],
            reason="Words that are not translated become groups of their "
            "own on the cards: translate them in the staging model.",
        ),
        between(
            "household_size",
            1,
            30,
            reason="A household counts at least the customer; 0 and 99 mean "
            "unknown: deliver unknown as empty.",
        ),
        between(
            "children_count",
            0,
            20,
            reason="A number of children such as 99 means unknown: deliver "
            "unknown as empty.",
        ),
        few_rows_where(
            "registered_at_is_not_after_the_delivery",
            "registered_at > delivered_at + interval 1 day",
            out_of="registered_at is not null and delivered_at is not null",
            columns=["registered_at", "delivered_at"],
            reason="Customers from the future are set aside: day and month "
            "are swapped, or local time was not converted to UTC.",
        ),
        not_null(
            "country",
            at_least=0.3,
            severity=WARNING,
            reason="Without a country the cards cannot say where a persona "
            "lives: map it, or write the company's only one as a constant.",
        ),
    ),
)
