"""What is expected of delivered order lines."""

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
    name="order_lines",
    description="One row per line of an order; returns are negative lines.",
    expectations=(
        not_null(
            "order_line_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Lines without a key are set aside and their revenue is "
            "missing: build the key from order number and line number.",
        ),
        unique_in_delivery(
            "order_line_id",
            severity=BLOCKING,
            reason="Of lines with the same key only one is kept, so revenue "
            "would shrink: add the line number to the key.",
        ),
        not_null(
            "order_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="A line without its order has no buyer and no date: map "
            "order_id as in orders.",
        ),
        refers_to(
            "orders",
            "order_id",
            severity=BLOCKING,
            is_needed=True,
            reason="Lines of orders that were not delivered are set aside "
            "and revenue falls short: check that both files cover the same "
            "period and write the order number the same way.",
        ),
        not_null(
            "quantity",
            at_least=0.95,
            severity=BLOCKING,
            reason="A line without a quantity has no revenue: map quantity.",
        ),
        not_null(
            "unit_price",
            at_least=0.95,
            severity=BLOCKING,
            reason="A line without a price has no revenue: map unit_price, "
            "and divide by the quantity where only totals are delivered.",
        ),
        not_null(
            "currency",
            at_least=0.95,
            severity=BLOCKING,
            reason="Amounts without a currency cannot be added up: map the "
            "currency of the order.",
        ),
        all_values_fit_their_types(),
        between(
            "quantity",
            -100_000,
            100_000,
            reason="A quantity beyond 100,000 is mostly a price or a bar "
            "code in the wrong column, and one such line moves every "
            "average: check the mapping.",
        ),
        between(
            "unit_price",
            0,
            1_000_000,
            reason="Prices are per unit and not negative, adjustments "
            "excepted; a price beyond a million is mostly in cents: check "
            "sign and unit in the staging model.",
        ),
        between(
            "discount_amount",
            0,
            None,
            reason="Discounts are positive numbers; a negative one would "
            "raise net revenue: turn the sign in the staging model.",
        ),
        in_set(
            "line_type",
            ["sale", "return", "adjustment"],
            reason="Other kinds of lines are neither revenue nor return: "
            "translate them to these three in the staging model.",
        ),
        few_rows_where(
            "returns_have_negative_quantities",
            "line_type = 'return' and quantity > 0",
            out_of="line_type = 'return' and quantity is not null",
            columns=["line_type", "quantity"],
            reason="A return with a positive quantity counts as a sale: "
            "turn the sign in the staging model.",
        ),
        few_rows_where(
            "discounts_are_not_above_the_price",
            "discount_amount > abs(quantity * unit_price) + 0.01",
            out_of="discount_amount is not null and quantity is not null "
            "and unit_price is not null",
            columns=["discount_amount", "quantity", "unit_price"],
            at_most=0.02,
            reason="A discount above the price makes net revenue negative: "
            "perhaps it is a per cent, or the whole order's; deliver the "
            "amount of the line.",
        ),
        not_null(
            "product_id",
            at_least=0.5,
            severity=WARNING,
            reason="Without products the cards cannot say what a persona "
            "buys: map product_id.",
        ),
        refers_to(
            "products",
            "product_id",
            reason="Products that are in no product file have no category "
            "or cost: ask for the full product file, discontinued items "
            "included.",
        ),
    ),
)
