"""Data quality of what was made of it: models, surveys, predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from ml.narrative.rendering import trait_label
from orchestration.dashboard import charts, parts
from orchestration.dashboard.page import UNASSIGNED, Page
from orchestration.dashboard.parts import Column
from orchestration.dashboard.safety import COMPANY
from orchestration.dashboard.views.quality_parts import (
    BAD,
    CARE,
    DASH,
    GOOD,
    badge,
    counts_of,
    foreign,
)
from orchestration.dashboard.words import N_
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import Row
from orchestration.lib.cards.rendering import accent_colours

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


def newest_drift(page: Page) -> list[Row]:
    """Return the newest month of each kind, of the model in force."""
    return page.rows(
        "select * from bi.persona_drift where model_run_id = ("
        "select max_by(in_force_model_run_id, review_number) "
        "from bi.persona_reviews) "
        "qualify month_end = max(month_end) over (partition by drift_kind) "
        "order by drift_kind desc"
    )


def show_drift(page: Page, rows: Sequence[Row]) -> None:
    """Show whether the model still fits."""
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
        "and least(missing_share, reference_missing_share) < 1 "
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


def show_reviews(page: Page, rows: Sequence[Row]) -> None:
    """Show which models were put in force, and by whom."""
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
                    else foreign(row["decided_by"])
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
            Column(page.plain("Why"), lambda row: foreign(row["note"])),
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


def show_surveys(page: Page) -> None:
    """Show how well the questions of each construct agree."""
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
            Column(
                page.plain("Questions"), counts_of(page, "count_items"), True
            ),
            Column(
                page.plain("Customers who answered"),
                counts_of(page, "count_customers"),
                True,
            ),
            Column(
                page.plain("Who answered all"),
                counts_of(page, "count_complete"),
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


def show_backtest(page: Page, rows: Sequence[Row]) -> None:
    """Show how predictions of value have come true."""
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
                page.plain("Customers"),
                counts_of(page, "count_customers"),
                True,
            ),
            Column(
                page.plain("What came"), counts_of(page, "actual_orders"), True
            ),
            Column(
                page.plain("The model"),
                counts_of(page, "predicted_orders"),
                True,
            ),
            Column(
                page.plain("The mean"), counts_of(page, "naive_orders"), True
            ),
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
