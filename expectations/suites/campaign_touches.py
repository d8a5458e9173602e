"""What is expected of delivered campaign touches."""

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Suite,
    all_values_fit_their_types,
    count_at_most,
    few_rows_where,
    not_null,
    refers_to,
    unique_in_delivery,
)

SUITE = Suite(
    name="campaign_touches",
    description="One row per person and campaign, treated or held out.",
    expectations=(
        not_null(
            "touch_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="Touches without a key are set aside: join campaign and "
            "customer to a key.",
        ),
        unique_in_delivery(
            "touch_id",
            severity=BLOCKING,
            reason="Of rows with the same key only one touch is kept: add "
            "the customer to the key.",
        ),
        not_null(
            "campaign_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="A touch of no campaign proves nothing: map campaign_id.",
        ),
        not_null(
            "customer_id",
            at_least=0.95,
            severity=BLOCKING,
            reason="A touch of nobody belongs to no persona: map customer_id.",
        ),
        not_null(
            "is_held_out",
            at_least=0.95,
            severity=BLOCKING,
            reason="Who was treated and who was not is the whole measurement "
            "of lift: map is_held_out, false where no group was held out.",
        ),
        not_null(
            "touched_at",
            at_least=0.95,
            severity=BLOCKING,
            reason="Without a time, orders before and after the touch cannot "
            "be told apart: map touched_at, for the held-out too.",
        ),
        all_values_fit_their_types(),
        count_at_most(
            "some_are_treated_and_some_held_out",
            unexpected="case when bool_or(is_held_out) "
            "and bool_or(not is_held_out) then 0 else 1 end",
            checked="least(count(is_held_out), 1)",
            columns=["is_held_out"],
            severity=WARNING,
            reason="Without a held-out group the effect of a campaign cannot "
            "be told from what people would have done anyway, and "
            "campaign_lift says unknown: hold out a random tenth next time.",
        ),
        few_rows_where(
            "the_held_out_do_not_open_or_click",
            "is_held_out and coalesce(opened_at, clicked_at) is not null",
            out_of="is_held_out",
            columns=["is_held_out", "opened_at", "clicked_at"],
            reason="Held-out people who opened the message were treated, so "
            "the lift is understated: check who was really left out.",
        ),
        few_rows_where(
            "people_respond_after_they_are_touched",
            "opened_at < touched_at or clicked_at < touched_at",
            out_of="coalesce(opened_at, clicked_at) is not null "
            "and touched_at is not null",
            columns=["touched_at", "opened_at", "clicked_at"],
            reason="Responses before the message are in another time zone or "
            "of another campaign: convert them to UTC.",
        ),
        refers_to(
            "campaigns",
            "campaign_id",
            reason="Touches of unknown campaigns have no objective and no "
            "dates: deliver the campaign list of the same period.",
        ),
        refers_to(
            "customers",
            "customer_id",
            reason="Touches of unknown customers belong to no persona: check "
            "that both systems use the same id.",
        ),
    ),
)
