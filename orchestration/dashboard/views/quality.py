"""Data quality: can the numbers be used today, and what stands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from markupsafe import Markup

from ml.narrative.rendering import trait_label
from orchestration.dashboard import charts, parts
from orchestration.dashboard.address import ALL, choose
from orchestration.dashboard.page import UNASSIGNED, Page
from orchestration.dashboard.parts import Column, Tile
from orchestration.dashboard.safety import (
    BLOCKING,
    COMPANY,
    Concern,
    about_accounting,
    about_age,
    about_expectations,
    about_models,
    about_predictions,
    adds_up,
    has_failed,
)
from orchestration.dashboard.words import N_
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import Row
from orchestration.lib.cards.rendering import accent_colours

SHORTEST_SCALE = 0.05  # of the bars of shares set aside
DASH = Markup("–")
GOOD, CARE, BAD = 6, 4, 2  # accents of the cards: green, ochre, red
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
DRIFT_KINDS = {
    "input": N_("What customers do"),
    "assignment": N_("Who is in which persona"),
    "definition": N_("What a refit would change"),
}
MEASURES = {
    "feature_psi": N_("the feature that moved most: {feature}"),
    "size_psi": N_("sizes of the personas, against the first month"),
    "migration_entropy": N_("settled customers who change personas"),
    "changed_share": N_("claims that a refit would not make"),
    "moved_share": N_("customers whom a refit would put elsewhere"),
}
STATUSES = {
    "ok": (N_("fits"), GOOD),
    "watch": (N_("watch"), CARE),
    "review": (N_("decide"), BAD),
    "retrain": (N_("train anew"), BAD),
}
DECISIONS = {
    "approved": N_("approved"),
    "waiting": N_("waits for a decision"),
    "rejected": N_("rejected"),
    "superseded": N_("superseded by a newer one"),
    "rolled_back": N_("rolled back"),
}
POLICY = "policy"
# Nunnally 1978 takes 0.7 for enough; below 0.6 questions hardly agree.
RELIABILITIES = (
    (0.6, N_("do not rely on it"), BAD),
    (0.7, N_("weak"), CARE),
    (0.8, N_("enough"), GOOD),
    (float("inf"), N_("good"), GOOD),
)


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
    drift = _newest_drift(page)
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
    _show_coverage(page, coverage)
    _show_accounting(page, accounting)
    _show_expectations(page, checks)
    _show_drift(page, drift)
    _show_reviews(page, reviews)
    _show_surveys(page)
    _show_backtest(page, backtest)


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


def badge(page: Page, message: str, accent: int) -> Markup:
    """Return a word in a colour that says whether all is well."""
    return Markup('<span class="badge accent-{}">{}</span>').format(
        accent, page.say(message)
    )


def _foreign(text: str | None) -> Markup:
    return wording.foreign(text) if text else DASH


def _entity(page: Page, row: Row) -> Markup:
    return page.words.named(wording.ENTITIES, row["entity"])


def _number(page: Page, column: str) -> Any:
    return lambda row: page.count(row[column])


def _show_coverage(page: Page, rows: Sequence[Row]) -> None:
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
            return _entity(page, row)
        return Markup('{}<br><span class="quiet">{}</span>').format(
            _entity(page, row), page.say("required")
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
                page.say("Not delivered."), _foreign(row["unknown_without"])
            )
        return Markup("")

    is_complete = all(row["count_rows"] for row in rows)
    parts.table(
        page,
        page.plain("What was delivered, by kind of data"),
        [
            Column(page.plain("Data"), name),
            Column(page.plain("Rows"), _number(page, "count_rows"), True),
            Column(
                page.plain("Customers covered"),
                _number(page, "customers_covered"),
                True,
            ),
            Column(page.plain("Share of all customers"), covered, True),
            Column(page.plain("Newest"), newest, True),
            Column(
                page.plain("Days before the end"),
                _number(page, "days_since_newest"),
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


def _show_accounting(page: Page, rows: Sequence[Row]) -> None:
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
            Column(page.plain("Data"), partial(_entity, page)),
            *(
                [
                    Column(
                        page.plain("Source"),
                        lambda row: _foreign(row["source"]),
                    )
                ]
                if len(sources) > 1
                else []
            ),
            Column(
                page.plain("Delivered"), _number(page, "rows_delivered"), True
            ),
            Column(page.plain("Loaded"), _number(page, "rows_loaded"), True),
            Column(
                page.plain("Set aside"), _number(page, "rows_rejected"), True
            ),
            Column(
                page.plain("Duplicates"), _number(page, "rows_duplicate"), True
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


def _show_expectations(page: Page, rows: Sequence[Row]) -> None:
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
                entity=_entity(page, own),
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
            Column(page.plain("Data"), partial(_entity, page)),
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
        text = _foreign(row["expectation"].replace("_", " "))
        if entity:
            return text
        return Markup('{}<br><span class="quiet">{}</span>').format(
            text, _entity(page, row)
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
                lambda row: _foreign(row["reason"]),
            ),
        ],
        sorted(rows, key=lambda row: WORST_FIRST.index(outcome(row))),
        file=f"expectations_{entity or NOT_HELD}",
    )


def _newest_drift(page: Page) -> list[Row]:
    """Return the newest month of each kind, of the model in force."""
    return page.rows(
        "select * from bi.persona_drift where model_run_id = ("
        "select max_by(in_force_model_run_id, review_number) "
        "from bi.persona_reviews) "
        "qualify month_end = max(month_end) over (partition by drift_kind) "
        "order by drift_kind desc"
    )


def _show_drift(page: Page, rows: Sequence[Row]) -> None:
    parts.section(
        page,
        N_("Whether the personas still fit"),
        page.say(
            "What customers do is compared with the year the model has learnt "
            "from, and who is in which persona with the first month. Of each "
            "kind the measure that is furthest on its way to a limit."
        ),
    )
    if not rows:
        parts.empty(
            page,
            page.say("Nothing can be compared yet."),
            page.say("Deliver a whole month after the model was trained."),
        )
        return

    def measure(row: Row) -> Markup:
        if row["measure"] not in MEASURES:
            return page.words.named({}, row["measure"])
        return page.say(
            MEASURES[row["measure"]], feature=_feature(page, row["feature"])
        )

    def number(column: str) -> Any:
        return lambda row: page.words.figure(row[column], "ratio")

    parts.table(
        page,
        page.plain("Drift against its limits"),
        [
            Column(
                page.plain("Compared"),
                lambda row: page.words.named(DRIFT_KINDS, row["drift_kind"]),
            ),
            Column(
                page.plain("Verdict"),
                lambda row: badge(page, *_status(row["status"])),
            ),
            Column(page.plain("Measured by"), measure),
            Column(page.plain("Now"), number("drift"), True),
            Column(page.plain("Watch from"), number("watch_from"), True),
            Column(page.plain("Act from"), number("act_from"), True),
            Column(
                page.plain("Month"),
                lambda row: page.words.month(row["month_end"]),
                True,
            ),
        ],
        rows,
        file="persona_drift",
    )
    _show_features(page, rows)


def _status(status: str) -> tuple[str, int]:
    return STATUSES.get(status, (status, CARE))


def _feature(page: Page, feature: str | None) -> str:
    if feature is None:
        return "–"
    return trait_label(feature, None, page.words.language)


def _show_features(page: Page, drift: Sequence[Row]) -> None:
    limits = [row for row in drift if row["measure"] == "feature_psi"]
    if not limits:
        return
    features = page.rows(
        "select feature, greatest(psi - psi_by_chance, 0) as value, psi, "
        "psi_by_chance, missing_share, reference_missing_share "
        "from bi.persona_drift_features "
        "where model_run_id = ? and month_end = ? "
        "order by value desc, feature",
        limits[0]["model_run_id"],
        limits[0]["month_end"],
    )
    accents = accent_colours(is_dark=page.is_dark)
    parts.chart(
        charts.bars_to_limits(
            [
                {"name": _feature(page, row["feature"]), "value": row["value"]}
                for row in features
            ],
            page.look,
            title=page.plain("Population stability index, less chance"),
            limits={
                page.plain("watch"): (limits[0]["watch_from"], accents[CARE]),
                page.plain("act"): (limits[0]["act_from"], accents[BAD]),
            },
        ),
        page.plain("How far each feature has moved, against the limits"),
        key="features",
    )
    parts.download(page, "persona_drift_features", features)


def _show_reviews(page: Page, rows: Sequence[Row]) -> None:
    parts.section(
        page,
        N_("Decisions on models"),
        page.say(
            "A trained model is used once it is approved: by the rules where "
            "it changes little, by a person where it changes much."
        ),
    )
    if not rows:
        parts.empty(
            page,
            page.say("No model has been trained."),
            page.say(
                "{command} trains one when there are enough customers.",
                command=Markup("<code>persona run</code>"),
            ),
        )
        return

    def share(column: str) -> Any:
        return lambda row: page.words.figure(row[column], "share")

    parts.table(
        page,
        page.plain("Decisions on models, the last first"),
        [
            Column(
                page.plain("Day"),
                lambda row: page.words.day(row["reviewed_at"].date()),
            ),
            Column(
                page.plain("Decision"),
                lambda row: page.words.named(DECISIONS, row["decision"]),
            ),
            Column(
                page.plain("By"),
                lambda row: (
                    page.say("the rules")
                    if row["decided_by"] == POLICY
                    else _foreign(row["decided_by"])
                ),
            ),
            Column(
                page.plain("Groups found"),
                lambda row: page.words.named(
                    wording.VERDICT_NAMES, row["verdict"]
                ),
            ),
            Column(
                page.plain("Customers who moved"), share("moved_share"), True
            ),
            Column(
                page.plain("Claims that changed"), share("changed_share"), True
            ),
            Column(page.plain("Why"), lambda row: _foreign(row["note"])),
        ],
        list(reversed(rows)),
        file="persona_reviews",
    )


def reliability(alpha: float | None) -> tuple[str, int] | None:
    """Return what a Cronbach's alpha says, and the colour of it."""
    if alpha is None:
        return None
    return next(
        (words, accent)
        for limit, words, accent in RELIABILITIES
        if alpha < limit
    )


def _show_surveys(page: Page) -> None:
    parts.section(
        page,
        N_("Whether survey questions measure one thing"),
        page.say(
            "Questions on the same thing should be answered alike; Cronbach's "
            "alpha says how much they are. From 0.7 on, personas can be "
            "compared by them. A single question cannot tell."
        ),
    )
    rows = page.rows(
        "select construct, dimension, count_items, count_customers, "
        "count_complete, cronbach_alpha from bi.survey_constructs "
        "order by cronbach_alpha nulls last, construct"
    )
    if not rows:
        parts.empty(
            page,
            page.say("There are no answers to number questions."),
            page.say("Deliver survey questions and survey answers."),
        )
        return

    def verdict(row: Row) -> Markup:
        found = reliability(row["cronbach_alpha"])
        if found is None:
            if row["count_items"] == 1:
                return page.say("one question")
            return page.say("too few answers to tell")
        return badge(page, *found)

    parts.table(
        page,
        page.plain("Survey questions by what they measure, the weakest first"),
        [
            Column(
                page.plain("Measured"),
                lambda row: Markup("<bdi>{}</bdi>").format(
                    _feature(page, f"survey_{row['construct']}")
                ),
            ),
            Column(page.plain("Questions"), _number(page, "count_items"), True),
            Column(
                page.plain("Customers who answered"),
                _number(page, "count_customers"),
                True,
            ),
            Column(
                page.plain("Who answered all"),
                _number(page, "count_complete"),
                True,
            ),
            Column(
                page.plain("Cronbach's alpha"),
                lambda row: page.words.figure(row["cronbach_alpha"], "ratio"),
                True,
            ),
            Column(page.plain("Verdict"), verdict),
        ],
        rows,
        file="survey_constructs",
    )


def _show_backtest(page: Page, rows: Sequence[Row]) -> None:
    if not rows:
        parts.section(page, N_("Whether predictions came true"))
        parts.empty(
            page,
            page.say("No prediction can be compared with what came."),
            page.say(
                "Deliver older orders: the model learns from two thirds of "
                "the time and is compared with the rest."
            ),
        )
        return
    parts.section(
        page,
        N_("Whether predictions came true"),
        page.say(
            "The model was given the orders until {date} and asked for the "
            "{count} days after it. Where the mean of the persona comes closer "
            "to single customers, the mean is used.",
            date=page.words.day(rows[0]["cut_date"]),
            count=page.count(rows[0]["horizon_days"]),
        ),
    )
    rows = sorted(rows, key=lambda row: row["persona_id"] != COMPANY)
    names = {COMPANY: page.plain("All customers")}
    kinds = {
        "actual_orders": (page.plain("what came"), page.look.ink),
        "predicted_orders": (page.plain("the model"), page.look.accent),
        "naive_orders": (page.plain("the mean"), page.look.muted),
    }

    def name(row: Row) -> str:
        return names.get(row["persona_id"]) or page.name(row["persona_id"])

    bars = [
        {"name": name(row), "kind": label, "value": row[column]}
        for row in rows
        if row["persona_id"] not in (COMPANY, UNASSIGNED)
        for column, (label, _) in kinds.items()
        if row[column] is not None
    ]
    if bars:
        parts.chart(
            charts.side_by_side(
                bars,
                page.look,
                colours=dict(kinds.values()),
                unit="count",
                title=page.plain("Orders"),
            ),
            page.plain("Orders that came and orders predicted, by persona"),
            key="backtest",
        )

    def off(row: Row) -> Markup:
        change = page.words.change(
            row["predicted_orders"], row["actual_orders"]
        )
        return change or DASH

    parts.table(
        page,
        page.plain("Orders that came and orders predicted, by persona"),
        [
            Column(page.plain("Persona"), name),
            Column(
                page.plain("Customers"), _number(page, "count_customers"), True
            ),
            Column(
                page.plain("What came"), _number(page, "actual_orders"), True
            ),
            Column(
                page.plain("The model"), _number(page, "predicted_orders"), True
            ),
            Column(page.plain("The mean"), _number(page, "naive_orders"), True),
            Column(page.plain("The model is off by"), off, True),
            Column(
                page.plain("Used"),
                lambda row: (
                    page.say("the model")
                    if row["is_model_better"]
                    else page.say("the mean")
                ),
            ),
        ],
        rows,
        file="value_backtest",
    )
    if any(row["is_hidden"] for row in rows):
        parts.note(
            page,
            page.say(
                "A dash: not shown, because it would give away few customers."
            ),
        )
