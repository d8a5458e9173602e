"""Data quality of what was delivered: coverage, accounting, expectations."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from orchestration.dashboard import parts
from orchestration.dashboard.address import ALL, choose
from orchestration.dashboard.page import Page
from orchestration.dashboard.parts import Column
from orchestration.dashboard.safety import BLOCKING, adds_up, has_failed
from orchestration.dashboard.views.quality_parts import (
    BAD,
    CARE,
    DASH,
    GOOD,
    badge,
    counts_of,
    entity_of,
    foreign,
)
from orchestration.dashboard.words import N_
from orchestration.lib.cards.deck import Row

SHORTEST_SCALE = 0.05  # of the bars of shares set aside
NOT_HELD = "open"

STAGES = {
    "raw": N_("as delivered"),
    "staging": N_("as mapped"),
}
OUTCOMES = {
    "holds": (N_("holds"), GOOD),
    "warning": (N_("warning"), CARE),
    "failed": (N_("does not hold"), BAD),
    "error": (N_("could not be checked"), BAD),
}
WORST_FIRST = ("failed", "error", "warning", "holds")


def show_coverage(page: Page, rows: Sequence[Row]) -> None:
    """Show what each source brings, and what stays unknown without it."""
    parts.section(
        page,
        N_("What was delivered"),
        page.say(
            "How many customers each kind of data tells something of, and how "
            "new it is. What is missing makes nothing wrong, but leaves "
            "something unknown."
        ),
    )

    def name(row: Row) -> Markup:
        if not row["is_required"]:
            return entity_of(page, row)
        return Markup('{}<br><span class="quiet">{}</span>').format(
            entity_of(page, row), page.say("required")
        )

    def covered(row: Row) -> Markup:
        if row["customers_covered_share"] is None:
            return DASH
        return parts.barred(page, row["customers_covered_share"], 1)

    def newest(row: Row) -> Markup:
        if row["newest_date"] is None:
            return DASH
        return page.words.day(row["newest_date"])

    def without(row: Row) -> Markup:
        if not row["count_rows"]:
            return Markup("<b>{}</b> {}").format(
                page.say("Not delivered."), foreign(row["unknown_without"])
            )
        return Markup("")

    is_complete = all(row["count_rows"] for row in rows)
    parts.table(
        page,
        page.plain("What was delivered, by kind of data"),
        [
            Column(page.plain("Data"), name),
            Column(page.plain("Rows"), counts_of(page, "count_rows"), True),
            Column(
                page.plain("Customers covered"),
                counts_of(page, "customers_covered"),
                True,
            ),
            Column(page.plain("Share of all customers"), covered, True),
            Column(page.plain("Newest"), newest, True),
            Column(
                page.plain("Days before the end"),
                counts_of(page, "days_since_newest"),
                True,
            ),
            *(
                []
                if is_complete
                else [Column(page.plain("Stays unknown"), without)]
            ),
        ],
        sorted(rows, key=lambda row: not row["is_required"]),
        file="source_coverage",
    )


def show_accounting(page: Page, rows: Sequence[Row]) -> None:
    """Show what became of every delivered row."""
    sums = {
        column: sum(row[column] for row in rows)
        for column in (
            "rows_delivered",
            "rows_loaded",
            "rows_rejected",
            "rows_duplicate",
        )
    }
    holds = bool(rows) and all(adds_up(row) for row in rows)
    parts.section(
        page,
        N_("Every row is accounted for"),
        page.say(
            "Delivered = loaded + set aside + duplicates. Set aside is what "
            "cannot be right, each row with its reason, in the table "
            "rejected_rows of the warehouse."
        ),
    )
    if not rows:
        parts.empty(
            page,
            page.say("Nothing has been delivered."),
            page.say(
                "Put files into the inbox and start {command}.",
                command=Markup("<code>persona run</code>"),
            ),
        )
        return
    parts.sheet(
        page,
        Markup('<p class="equation">{} {}</p>').format(
            Markup(
                '<bdi dir="ltr">{rows_delivered} {sign} {rows_loaded} + '
                "{rows_rejected} + {rows_duplicate}</bdi>"
            ).format(
                sign="=" if adds_up(sums) else "≠",
                **{name: page.count(value) for name, value in sums.items()},
            ),
            badge(page, N_("adds up"), GOOD)
            if holds
            else badge(page, N_("does not add up"), BAD),
        ),
    )
    sources = {row["source"] for row in rows}
    # Of a scale of its own, a few rows in a million would fill the bar.
    widest = max(
        SHORTEST_SCALE,
        *(row["rows_rejected"] / (row["rows_delivered"] or 1) for row in rows),
    )

    def rejected_share(row: Row) -> Markup:
        share = row["rows_rejected"] / (row["rows_delivered"] or 1)
        return parts.barred(page, share, widest)

    parts.table(
        page,
        page.plain("Rows delivered, loaded, set aside and duplicate"),
        [
            Column(page.plain("Data"), partial(entity_of, page)),
            *(
                [
                    Column(
                        page.plain("Source"),
                        lambda row: foreign(row["source"]),
                    )
                ]
                if len(sources) > 1
                else []
            ),
            Column(
                page.plain("Delivered"), counts_of(page, "rows_delivered"), True
            ),
            Column(page.plain("Loaded"), counts_of(page, "rows_loaded"), True),
            Column(
                page.plain("Set aside"), counts_of(page, "rows_rejected"), True
            ),
            Column(
                page.plain("Duplicates"),
                counts_of(page, "rows_duplicate"),
                True,
            ),
            Column(page.plain("Share set aside"), rejected_share, True),
            *(
                []
                if holds
                else [Column(page.plain("Adds up"), partial(_balance, page))]
            ),
        ],
        rows,
        file="delivery_accounting",
    )


def _balance(page: Page, row: Row) -> Markup:
    if adds_up(row):
        return badge(page, N_("adds up"), GOOD)
    return badge(page, N_("does not add up"), BAD)


def outcome(row: Row) -> str:
    """Return how an expectation turned out, a key of ``OUTCOMES``."""
    if row["has_error"]:
        return "error"
    if not has_failed(row):
        return "holds"
    return "failed" if row["severity"] == BLOCKING else "warning"


def outcomes_by_entity(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return how many expectations turned out how, the worst entity first."""
    counts: dict[str, dict[str, Any]] = {}
    for row in rows:
        own = counts.setdefault(
            row["entity"],
            {"entity": row["entity"], **dict.fromkeys(OUTCOMES, 0)},
        )
        own[outcome(row)] += 1
    return sorted(
        counts.values(),
        key=lambda own: (
            [-own[one] for one in WORST_FIRST[:-1]],
            own["entity"],
        ),
    )


def show_expectations(page: Page, rows: Sequence[Row]) -> None:
    """Show what the gates found when they last looked."""
    parts.section(
        page,
        N_("What was expected of the data"),
        page.say(
            "Each delivery is checked before and after it is mapped. What "
            "does not hold and would make numbers wrong stops the run; a "
            "warning is told, and the run goes on."
        ),
    )
    if not rows:
        parts.empty(
            page,
            page.say("Nothing has been checked yet."),
            page.say(
                "{command} checks what it loads, and publishes what it found.",
                command=Markup("<code>persona run</code>"),
            ),
        )
        return
    per_entity = outcomes_by_entity(rows)
    if any(has_failed(row) for row in rows):
        _table_of_entities(page, per_entity)
    labels = {
        ALL: page.plain("All that do not hold"),
        **{
            own["entity"]: page.plain(
                "{entity} ({count})",
                entity=entity_of(page, own),
                count=page.count(sum(own[one] for one in OUTCOMES)),
            )
            for own in per_entity
        },
    }
    chosen = choose(
        page.plain("Expectations of"),
        list(labels),
        "entity",
        show=lambda one: labels[one],
    )
    shown = [
        row
        for row in rows
        if (row["entity"] == chosen if chosen else has_failed(row))
    ]
    if not shown:
        parts.empty(
            page,
            page.say(
                "All {count} expectations hold.", count=page.count(len(rows))
            ),
            page.say("Choose a kind of data to read what is expected of it."),
        )
        return
    _table_of_expectations(page, shown, entity=chosen)


def _table_of_entities(page: Page, per_entity: Sequence[Row]) -> None:
    """Show how many expectations of which kind of data turned out how."""
    parts.table(
        page,
        page.plain("Expectations by kind of data"),
        [
            Column(page.plain("Data"), partial(entity_of, page)),
            *(
                Column(
                    page.plain(OUTCOMES[one][0]),
                    partial(_count_in_colour, page, one),
                    True,
                )
                for one in WORST_FIRST
                if one in ("failed", "warning", "holds")
                or any(own[one] for own in per_entity)
            ),
        ],
        per_entity,
        file="expectations_by_entity",
    )


def _count_in_colour(page: Page, one: str, row: Row) -> Markup:
    count = page.count(row[one])
    if one == "holds" or not row[one]:
        return count
    return Markup('<span class="badge accent-{}">{}</span>').format(
        OUTCOMES[one][1], count
    )


def _table_of_expectations(
    page: Page, rows: Sequence[Row], *, entity: str
) -> None:
    def unexpected(row: Row) -> Markup:
        if row["count_unexpected"] is None or not row["count_checked"]:
            return DASH
        return page.say(
            "{count} of {all}",
            count=page.count(row["count_unexpected"]),
            all=page.count(row["count_checked"]),
        )

    def expected(row: Row) -> Markup:
        text = foreign(row["expectation"].replace("_", " "))
        if entity:
            return text
        return Markup('{}<br><span class="quiet">{}</span>').format(
            text, entity_of(page, row)
        )

    parts.table(
        page,
        page.plain("Expectations, what does not hold first"),
        [
            Column(page.plain("Expected"), expected),
            Column(
                page.plain("Data are"),
                lambda row: page.words.named(STAGES, row["stage"]),
            ),
            Column(
                page.plain("Outcome"),
                lambda row: badge(page, *OUTCOMES[outcome(row)]),
            ),
            Column(page.plain("Not as expected"), unexpected, True),
            Column(
                page.plain("Why it matters"),
                lambda row: foreign(row["reason"]),
            ),
        ],
        sorted(rows, key=lambda row: WORST_FIRST.index(outcome(row))),
        file=f"expectations_{entity or NOT_HELD}",
    )
