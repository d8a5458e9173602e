"""Whether the numbers can be used today: what speaks against it.

Each look at the published tables gives concerns, none where all is well. A
grave one means that numbers may be wrong; the others, what a reader should
know before a decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from orchestration.dashboard.words import N_, Words
from orchestration.lib.cards.deck import Row
from orchestration.lib.cards.wording import ENTITIES

BLOCKING = "blocking"
COMPANY = "company"
OLD_DAYS = 45  # a month, and two weeks to close it
QUIET_DAYS = 31  # without an order before the day that is looked at
MUCH_SET_ASIDE = 0.05  # of an entity's rows
FAR_OFF = 0.2  # orders against those predicted, of the whole company

DRIFT_CONCERNS = {
    "watch": N_("Customers begin to differ from those the model has learnt."),
    "review": N_("A refit would change the personas: decide on it."),
    "retrain": N_("Customers differ from those the model has learnt: train."),
}


@dataclass(frozen=True)
class Concern:
    """Something that speaks against using the numbers.

    Attributes
    ----------
    is_grave : bool
        Whether numbers may be wrong.
    text : Markup
    """

    is_grave: bool
    text: Markup


def adds_up(row: Row) -> bool:
    """Return whether nothing of a delivery is lost."""
    parts = ("rows_loaded", "rows_rejected", "rows_duplicate")
    return bool(row["rows_delivered"] == sum(row[part] for part in parts))


def has_failed(row: Row) -> bool:
    """Return whether an expectation does not hold."""
    return not row["is_success"]


def about_expectations(rows: Sequence[Row], words: Words) -> list[Concern]:
    """Judge the last check of the inputs."""
    failed = [row for row in rows if has_failed(row)]
    blocking = [row for row in failed if row["severity"] == BLOCKING]
    found = []
    if blocking:
        text = words.say(
            "Expectations without which numbers are wrong, and which do not "
            "hold: {count}.",
            count=words.decimal(len(blocking), 0),
        )
        found.append(Concern(True, text))
    if len(failed) > len(blocking):
        text = words.say(
            "Warnings of the last check: {count}.",
            count=words.decimal(len(failed) - len(blocking), 0),
        )
        found.append(Concern(False, text))
    if not rows:
        text = words.say("Nothing has been checked of what was delivered.")
        found.append(Concern(False, text))
    return found


def about_accounting(rows: Sequence[Row], words: Words) -> list[Concern]:
    """Judge whether rows are lost or too many are set aside."""
    found = []
    for row in rows:
        values: dict[str, Any] = {
            "entity": words.named(ENTITIES, row["entity"])
        }
        if not adds_up(row):
            text = words.say("Rows are lost or told twice: {entity}.", **values)
            found.append(Concern(True, text))
            continue
        share = row["rows_rejected"] / (row["rows_delivered"] or 1)
        if share > MUCH_SET_ASIDE:
            text = words.say(
                "Much was set aside because it cannot be right: {share} of "
                "{entity}.",
                share=words.share(share),
                **values,
            )
            found.append(Concern(False, text))
    return found


def about_age(
    as_of: date, today: date, coverage: Sequence[Row], words: Words
) -> list[Concern]:
    """Judge how long ago the numbers end."""
    found = []
    days = (today - as_of).days
    if days > OLD_DAYS:
        text = words.say(
            "The numbers end on {date}, {count} days ago: nothing since then "
            "is in them.",
            date=words.day(as_of),
            count=words.decimal(days, 0),
        )
        found.append(Concern(False, text))
    for row in coverage:
        quiet = row["days_since_newest"] or 0
        if row["entity"] == "orders" and quiet > QUIET_DAYS:
            text = words.say(
                "The newest order is {count} days older than the day that is "
                "looked at: an export may be missing.",
                count=words.decimal(quiet, 0),
            )
            found.append(Concern(False, text))
    return found


def about_models(
    drift: Sequence[Row], reviews: Sequence[Row], words: Words
) -> list[Concern]:
    """Judge whether the model still fits; reviews have the last one last."""
    found = [
        Concern(False, words.say(DRIFT_CONCERNS[status]))
        for status in DRIFT_CONCERNS
        if any(row["status"] == status for row in drift)
    ]
    if reviews and reviews[-1]["decision"] == "waiting":
        text = words.say(
            "A trained model waits for a decision; the one before it is used."
        )
        found.append(Concern(False, text))
    return found


def about_predictions(backtest: Sequence[Row], words: Words) -> list[Concern]:
    """Judge how far predicted orders of the company were off."""
    return [
        Concern(
            False,
            words.say(
                "Predicted orders were off by {change} in the time that can "
                "be compared: take expected revenue as a direction.",
                change=words.change(
                    row["predicted_orders"], row["actual_orders"]
                ),
            ),
        )
        for row in backtest
        if row["persona_id"] == COMPANY
        and row["calibration"] is not None
        and abs(row["calibration"] - 1) > FAR_OFF
    ]
