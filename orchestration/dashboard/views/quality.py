"""Data quality: can the numbers be used today, and what stands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from orchestration.dashboard import parts
from orchestration.dashboard.page import Page
from orchestration.dashboard.parts import Tile
from orchestration.dashboard.safety import (
    Concern,
    about_accounting,
    about_age,
    about_expectations,
    about_models,
    about_predictions,
    has_failed,
)
from orchestration.dashboard.views.quality_inputs import (
    show_accounting,
    show_coverage,
    show_expectations,
)
from orchestration.dashboard.views.quality_models import (
    newest_drift,
    show_backtest,
    show_drift,
    show_reviews,
    show_surveys,
)
from orchestration.dashboard.views.quality_parts import BAD, CARE, DASH, GOOD
from orchestration.dashboard.words import N_
from orchestration.lib.cards.deck import Row


def show(page: Page) -> None:
    """Show the page."""
    told = page.rows("select * from bi.publication")[0]
    coverage = page.rows("select * from bi.source_coverage order by entity")
    accounting = page.rows(
        "select * from bi.delivery_accounting order by entity, source"
    )
    checks = page.rows(
        "select stage, source, entity, expectation, column_name, severity, "
        "is_success, has_error, count_checked, count_unexpected, reason, "
        "checked_at from bi.expectation_results "
        "order by entity, stage, source, expectation"
    )
    drift = newest_drift(page)
    reviews = page.rows(
        "select * from bi.persona_reviews order by review_number"
    )
    backtest = page.rows("select * from bi.value_backtest order by persona_id")
    words, today = page.words, datetime.now(UTC).date()
    concerns = [
        *about_expectations(checks, words),
        *about_accounting(accounting, words),
        *about_age(told["as_of_date"], today, coverage, words),
        *about_models(drift, reviews, words),
        *about_predictions(backtest, words),
    ]
    _show_answer(page, concerns)
    _show_tiles(page, told, accounting, checks)
    show_coverage(page, coverage)
    show_accounting(page, accounting)
    show_expectations(page, checks)
    show_drift(page, drift)
    show_reviews(page, reviews)
    show_surveys(page)
    show_backtest(page, backtest)


def _show_answer(page: Page, concerns: Sequence[Concern]) -> None:
    parts.heading(
        page,
        N_("Data quality"),
        page.say("Can the numbers be used today?"),
    )
    if any(one.is_grave for one in concerns):
        accent = BAD
        answer = page.say("Not before this is mended.")
    elif concerns:
        accent = CARE
        answer = page.say("Yes, if you bear in mind what follows.")
    else:
        accent = GOOD
        answer = page.say("Yes. Nothing speaks against it.")
    parts.sheet(
        page,
        Markup('<p class="answer accent-{}">{}</p>').format(accent, answer),
    )
    if concerns:
        ordered = sorted(concerns, key=lambda one: not one.is_grave)
        parts.sentences(page, [one.text for one in ordered])


def _show_tiles(
    page: Page,
    told: Row,
    accounting: Sequence[Row],
    checks: Sequence[Row],
) -> None:
    published = told["published_at"]
    delivered = sum(row["rows_delivered"] for row in accounting)
    loaded = sum(row["rows_loaded"] for row in accounting)
    held = sum(not has_failed(row) for row in checks)
    parts.tiles(
        page,
        [
            Tile(
                page.say("The numbers end on"),
                page.words.day(told["as_of_date"]),
            ),
            Tile(
                page.say("Published"),
                page.words.day(published.date()),
                page.say(
                    "{time} UTC",
                    time=page.words.language.digits(f"{published:%H:%M}"),
                ),
            ),
            Tile(
                page.say("Rows in use"),
                page.share(loaded / delivered if delivered else None),
                page.say(
                    "{loaded} of {delivered} delivered",
                    loaded=page.count(loaded),
                    delivered=page.count(delivered),
                ),
            ),
            Tile(
                page.say("Expectations that hold"),
                page.say(
                    "{held} of {all}",
                    held=page.count(held),
                    all=page.count(len(checks)),
                )
                if checks
                else DASH,
                page.say(
                    "checked {date}",
                    date=page.words.day(
                        max(row["checked_at"] for row in checks).date()
                    ),
                )
                if checks
                else "",
            ),
        ],
    )
