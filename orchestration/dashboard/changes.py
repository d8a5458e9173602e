"""What changed over the last month, in sentences with numbers.

Of every kind of change the largest is told, with both numbers, so that a
reader can judge it; where a number is hidden or there is no month before, the
sentence is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from markupsafe import Markup

from orchestration.dashboard.page import UNASSIGNED, Page
from orchestration.dashboard.words import N_
from orchestration.lib.cards.deck import Row

FIGURES = ("count_customers", "net_amount", "monthly_churn_share")
WORST = {"ok": 0, "watch": 1, "review": 2, "retrain": 3}
DRIFT = {
    "ok": N_("The model still fits: nothing has drifted."),
    "watch": N_("The model still fits, but watch it: {reason}"),
    "review": N_("A model waits for a decision: {reason}"),
    "retrain": N_("Time to train anew: {reason}"),
}
EVENTS = {
    "born": N_("{persona} is new."),
    "split": N_("{persona} split off from {other}."),
    "merged": N_("{other} became part of {persona}."),
    "retired": N_("{persona} is no more."),
}
CAMPAIGN_VERDICTS = {
    "works": N_("it worked"),
    "does not": N_("it made no difference that matters"),
    "harms": N_("it did harm"),
    "not enough data": N_("too few customers to tell"),
}


def told_changes(page: Page) -> list[Markup]:
    """Return the sentences, the company first."""
    told: list[Markup] = []
    if len(page.months) > 1:
        before, now = page.months[-2:]
        pairs = _pairs(page, before, now)
        told += _company(page, pairs, before, now)
        told += _largest(page, pairs)
    told += _events(page)
    told += _campaigns(page)
    told += _drift(page)
    return told


def _pairs(page: Page, before: date, now: date) -> list[Row]:
    """Return each persona's figures of both months, side by side."""
    columns = ", ".join(
        f"max({one}) filter (where month = ?) as {one}, "
        f"max({one}) filter (where month <> ?) as {one}_before"
        for one in FIGURES
    )
    return page.rows(
        f"select persona_id, {columns} from bi.persona_kpis "
        "where month in (?, ?) group by persona_id order by persona_id",
        *[now] * 2 * len(FIGURES),
        now,
        before,
    )


def _company(
    page: Page, pairs: Sequence[Row], before: date, now: date
) -> list[Markup]:
    sums = []
    for column in ("net_amount", "net_amount_before"):
        values = [row[column] for row in pairs if row[column] is not None]
        if len(values) < len(pairs):
            return []
        sums.append(sum(values))
    message = (
        N_("Net revenue rose to {now} in {month}, {change} on {before}.")
        if sums[0] >= sums[1]
        else N_("Net revenue fell to {now} in {month}, {change} on {before}.")
    )
    change = page.words.change(*sums)
    return [
        page.say(
            message,
            now=_strong(page.money(sums[0])),
            month=page.words.month(now),
            change=change or "–",
            before=page.words.month(before),
        )
    ]


def _largest(page: Page, pairs: Sequence[Row]) -> list[Markup]:
    personas = [row for row in pairs if row["persona_id"] != UNASSIGNED]
    grown = _extreme(personas, "count_customers", max)
    shrunk = _extreme(personas, "count_customers", min)
    richer = _extreme(personas, "net_amount", max)
    poorer = _extreme(personas, "net_amount", min)
    worse = _extreme(personas, "monthly_churn_share", max)
    told = []
    for row, column, message, is_up in (
        (
            grown,
            "count_customers",
            N_("{persona} grew most: {now} customers, {change}."),
            True,
        ),
        (
            shrunk,
            "count_customers",
            N_("{persona} shrank most: {now} customers, {change}."),
            False,
        ),
        (
            richer,
            "net_amount",
            N_("Revenue rose most from {persona}: {now}, {change}."),
            True,
        ),
        (
            poorer,
            "net_amount",
            N_("Revenue fell most from {persona}: {now}, {change}."),
            False,
        ),
        (
            worse,
            "monthly_churn_share",
            N_("Churn rose most among {persona}: {now} left, {change}."),
            True,
        ),
    ):
        if row is None or (_difference(row, column) > 0) is not is_up:
            continue
        unit = {"net_amount": "money", "monthly_churn_share": "share"}.get(
            column, "count"
        )
        difference = _difference(row, column)
        if difference == 0:
            continue
        told.append(
            page.say(
                message,
                persona=_strong(page.name(row["persona_id"])),
                now=page.words.figure(row[column], unit, page.currency),
                change=page.words.signed(difference, unit, page.currency),
            )
        )
    return told


def _difference(row: Row, column: str) -> float:
    return float(row[column] - row[f"{column}_before"])


def _extreme(
    rows: Sequence[Row], column: str, pick: Callable[..., Row]
) -> Row | None:
    known = [
        row
        for row in rows
        if row[column] is not None and row[f"{column}_before"] is not None
    ]
    if not known:
        return None
    return pick(known, key=lambda row: _difference(row, column))


def _events(page: Page) -> list[Markup]:
    """Return what became of personas at the last training of this month.

    At the first training of all, every persona is new: that is no news.
    """
    rows = page.rows(
        "select event, persona_id, other_persona_id from bi.persona_events "
        "where event <> 'matched' "
        "and date_trunc('month', event_date) = date_trunc('month', as_of_date) "
        "and event_date > (select min(event_date) from bi.persona_events) "
        "order by event_date, event, persona_id"
    )
    born = [row for row in rows if row["event"] == "born"]
    if len(born) > 2:
        rows = [row for row in rows if row["event"] != "born"]
        names = [str(_strong(page.name(row["persona_id"]))) for row in born]
        first = [
            page.say(
                "{count} personas are new: {personas}.",
                count=page.count(len(born)),
                personas=Markup(page.words.language.join(names)),
            )
        ]
    else:
        first = []
    return first + [
        page.say(
            EVENTS[row["event"]],
            persona=_strong(page.name(row["persona_id"])),
            other=_strong(page.name(row["other_persona_id"])),
        )
        for row in rows
        if row["event"] in EVENTS
    ]


def _campaigns(page: Page) -> list[Markup]:
    """Return the campaigns whose effect can be told since last month."""
    rows = page.rows(
        "select campaign_name, verdict, lift from bi.campaigns "
        "where ends_on >= as_of_date - interval 2 month "
        "order by ends_on desc, campaign_id limit 3"
    )
    return [
        page.say(
            "The campaign {campaign} is over: {verdict}.",
            campaign=_strong(
                Markup("<bdi>{}</bdi>").format(row["campaign_name"])
            ),
            verdict=page.words.named(CAMPAIGN_VERDICTS, row["verdict"]),
        )
        for row in rows
    ]


def _drift(page: Page) -> list[Markup]:
    rows = page.rows(
        "select status, reason from bi.persona_drift "
        "qualify month_end = max(month_end) over ()"
    )
    if not rows:
        return []
    worst = max(rows, key=lambda row: WORST.get(row["status"], 0))
    reason = Markup('<bdi lang="en">{}</bdi>').format(worst["reason"])
    message = DRIFT.get(worst["status"], DRIFT["watch"])
    return [page.say(message, reason=reason)]


def _strong(text: Markup | str) -> Markup:
    return Markup("<b>{}</b>").format(text)
