"""What the review tells: read once, compared with a month and a year ago."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.lib.published import (
    PARENT_COLUMN,
    fetch_rows,
    open_published,
    table_names,
)
from orchestration.lib.review_words import told_events
from orchestration.lib.reviews import (
    Difference,
    Event,
    ReviewError,
    list_models,
    persona_names,
    read_difference,
)
from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse

Row = Mapping[str, Any]
Moved = tuple[str, str, int]

FLOOR = 11  # customers a number on the page counts at least
UNASSIGNED = "unassigned"
DRIFT_KINDS = ("input", "assignment", "definition")
TO_ACT = ("retrain", "review")
LINE_MONTHS = 25
MOST_MOVES = 8
MOST_FEATURES = 5
MOST_DECISIONS = 8

# Tables of the page, in the order in which their rows are read.
ORDERS = {
    "personas": "persona_id",
    "persona_sizes_monthly": "month_end, persona_id",
    "persona_drift": "month_end, drift_kind",
    "persona_drift_features": "month_end, psi - psi_by_chance desc nulls last, "
    "feature",
    "persona_events": "event_date, persona_id, event, other_persona_id",
    "persona_reviews": "review_number",
}


class ReviewPageError(ValueError):
    """The review cannot be written; the message says what to do."""


@dataclass(frozen=True)
class Months:
    """The newest month that is over, and those it is compared with.

    Attributes
    ----------
    now, month_ago, year_ago : date or None
        Month-ends; None where nothing is told of that month.
    line : list of date
        The last month-ends, the oldest first.
    """

    now: date | None
    month_ago: date | None
    year_ago: date | None
    line: list[date]


@dataclass(frozen=True)
class Size:
    """A persona's rows of ``persona_sizes_monthly``; None where nobody was it.

    Attributes
    ----------
    shares : list of float or None
        Of the customers, 0-1, at each month-end of the line; None is hidden
        or absent.
    """

    persona_id: str
    name: str | None
    title: str | None
    now: Row | None
    month_ago: Row | None
    year_ago: Row | None
    shares: list[float | None]


@dataclass(frozen=True)
class Drift:
    """A kind of drift.

    Attributes
    ----------
    newest : Row or None
        Of ``persona_drift``, the last one of the model in force.
    is_current : bool
        Whether it is about the newest month.
    rows : list of Row
        The last ones, the oldest first.
    """

    kind: str
    newest: Row | None
    is_current: bool
    rows: list[Row]

    @property
    def status(self) -> str:
        """What is said of the newest month; 'unknown' if nothing is."""
        if self.newest is None or not self.is_current:
            return "unknown"
        return str(self.newest["status"])


@dataclass(frozen=True)
class Review:
    """All that the page says.

    Attributes
    ----------
    model_run_id : str or None
        Of the model that scored what is published.
    in_force_since : date or None
        The day looked at when it was decided.
    approved_since : str or None
        A model that was put in force since then.
    waiting : Difference or None
        What a model that waits would change.
    can_be_approved : bool
        Whether that one was compared with the model in force.
    moves : list of (str, str, int)
        From, to and how many, of settled customers in the newest month, of 11
        and more; the largest first.
    are_moves_hidden : bool
        Whether there are smaller ones.
    events : list of str
        Sentences on trainings since ``events_since``.
    features : list of Row
        Of ``persona_drift_features``, the most drifted first.
    decisions : list of Row
        Of ``persona_reviews``, the last first.
    """

    as_of_date: date
    run_id: str
    model_run_id: str | None
    verdict: str
    verdict_reason: str
    in_force_since: date | None
    count_personas: int
    names: Mapping[str, str]
    approved_since: str | None
    waiting: Difference | None
    can_be_approved: bool
    months: Months
    sizes: list[Size]
    moves: list[Moved]
    are_moves_hidden: bool
    events: list[str]
    events_since: date | None
    drifts: list[Drift]
    features: list[Row]
    decisions: list[Row]

    @property
    def to_act(self) -> list[Drift]:
        """The kinds of drift that ask for something to be done."""
        return [one for one in self.drifts if one.status in TO_ACT]

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to decide or to do."""
        return not (
            self.waiting or self.to_act or self.approved_since
        ) and bool(self.count_personas)


def read_review(settings: Settings) -> Review:
    """Read the published file, and from the warehouse what waits and moves.

    Raises
    ------
    ReviewPageError
        When nothing is published, a table is missing, or another process is
        writing to the warehouse.
    """
    tables = _read_published(settings)
    first = tables["personas"][0]
    model_run_id = first["model_run_id"]
    months = _months(tables["persona_sizes_monthly"])
    try:
        waiting, can_be_approved, in_force = _read_models(settings)
        moves = _read_moves(settings, months.now)
        names = persona_names(settings)
    except duckdb.IOException as error:
        raise ReviewPageError(
            f"{settings.warehouse_path} cannot be opened, probably because a "
            "run is under way: wait for it to end, then write again."
        ) from error
    names |= {
        row["persona_id"]: row["persona_name"]
        for row in tables["personas"]
        if row["persona_name"] not in (None, row["persona_id"])
    }
    since = months.month_ago
    drifts = _drifts(tables["persona_drift"], model_run_id)
    return Review(
        as_of_date=first["as_of_date"],
        run_id=first["run_id"],
        model_run_id=model_run_id,
        verdict=first["verdict"],
        verdict_reason=first["verdict_reason"] or "",
        in_force_since=_in_force_since(tables["persona_reviews"], model_run_id),
        count_personas=sum(
            row["persona_id"] != UNASSIGNED and not row.get(PARENT_COLUMN)
            for row in tables["personas"]
        ),
        names=names,
        approved_since=in_force if in_force != model_run_id else None,
        waiting=waiting and replace(waiting, names=names | waiting.names),
        can_be_approved=can_be_approved,
        months=months,
        sizes=_sizes(tables, months, names),
        moves=[one for one in moves if one[2] >= FLOOR][:MOST_MOVES],
        are_moves_hidden=any(one[2] < FLOOR for one in moves),
        events=_events(tables["persona_events"], since, names),
        events_since=since,
        drifts=drifts,
        features=_features(tables["persona_drift_features"], model_run_id),
        decisions=tables["persona_reviews"][::-1][:MOST_DECISIONS],
    )


def _read_published(settings: Settings) -> dict[str, list[Row]]:
    path = settings.published_path
    if not path.exists():
        raise ReviewPageError(
            f"{path} does not exist: publish personas first, with "
            "`persona run` or `persona demo`."
        )
    with open_published(path) as connection:
        missing = sorted(set(ORDERS) - set(table_names(connection)))
        if missing:
            raise ReviewPageError(
                f"{path} lacks {', '.join(missing)}: it was published by an "
                "earlier version. Run `persona run` again."
            )
        tables: dict[str, list[Row]] = {
            table: [
                {column: _none_for_nan(value) for column, value in row.items()}
                for row in fetch_rows(connection, table, order)
            ]
            for table, order in ORDERS.items()
        }
    if not tables["personas"]:
        raise ReviewPageError(
            "bi.personas holds no row: run `persona run` again; it writes one "
            "even where there are no groups."
        )
    return tables


def _none_for_nan(value: Any) -> Any:
    is_number = isinstance(value, float)
    return None if is_number and not math.isfinite(value) else value


def _read_models(
    settings: Settings,
) -> tuple[Difference | None, bool, str | None]:
    """Return what waits, whether it can be approved, and what is in force."""
    try:
        models = list_models(settings)
    except ReviewError:
        return None, False, None
    in_force = next(
        (one.model_run_id for one in models if one.standing == "in force"),
        None,
    )
    waiting = next((one for one in models if one.standing == "waiting"), None)
    if waiting is None:
        return None, False, in_force
    return (
        read_difference(settings, waiting.model_run_id),
        waiting.compared_with == in_force,
        in_force,
    )


def _read_moves(settings: Settings, month_end: date | None) -> list[Moved]:
    """Return the moves of settled customers in a month, the largest first."""
    if month_end is None or not settings.warehouse_path.exists():
        return []
    with open_warehouse(settings) as connection:
        is_built = connection.execute(
            "select count(*) from duckdb_tables() "
            "where schema_name = 'marts' and table_name = 'persona_moves'"
        ).fetchall()
        if not is_built[0][0]:
            return []
        return connection.execute(
            "select from_persona_id, to_persona_id, count_settled_moves "
            "from marts.persona_moves where month_end = ? "
            "and from_persona_id <> to_persona_id and count_settled_moves > 0 "
            "order by count_settled_moves desc, from_persona_id, to_persona_id",
            [month_end],
        ).fetchall()


def _in_force_since(reviews: Sequence[Row], model_run_id: str | None) -> Any:
    """Return the day of the decision after which the model stayed in force."""
    since = None
    for row in reversed(reviews):
        if row["in_force_model_run_id"] == model_run_id:
            since = row["review_date"]
        elif since is not None:
            break
    return since


def _months(sizes: Sequence[Row]) -> Months:
    told = sorted({row["month_end"] for row in sizes})
    if not told:
        return Months(None, None, None, [])
    now = told[-1]

    def if_told(day: date) -> date | None:
        return day if day in told else None

    return Months(
        now,
        if_told(now.replace(day=1) - timedelta(days=1)),
        if_told(
            date(
                now.year - 1, now.month, monthrange(now.year - 1, now.month)[1]
            )
        ),
        told[-LINE_MONTHS:],
    )


def _sizes(
    tables: Mapping[str, Sequence[Row]],
    months: Months,
    names: Mapping[str, str],
) -> list[Size]:
    """Return the personas of the months compared, the largest first."""
    rows = {
        (row["persona_id"], row["month_end"]): row
        for row in tables["persona_sizes_monthly"]
    }
    titles = {
        row["persona_id"]: row["persona_title"] for row in tables["personas"]
    }
    compared = (months.now, months.month_ago, months.year_ago)
    found = {persona_id for persona_id, month in rows if month in compared}
    sizes = []
    for persona_id in found:
        now, month_ago, year_ago = (
            rows.get((persona_id, month)) for month in compared
        )
        line = [rows.get((persona_id, month)) for month in months.line]
        sizes.append(
            Size(
                persona_id,
                names.get(persona_id),
                titles.get(persona_id),
                now,
                month_ago,
                year_ago,
                [row["customer_share"] if row else None for row in line],
            )
        )
    return sorted(
        sizes,
        key=lambda one: (
            one.persona_id == UNASSIGNED,
            -((one.now or {}).get("customer_share") or 0),
            one.persona_id,
        ),
    )


def _events(
    rows: Sequence[Row], since: date | None, names: Mapping[str, str]
) -> list[str]:
    """Return what became of personas from a day on, what goes on left out.

    The day itself is told again: a model may have come into force after the
    review of that day was written.
    """
    events = [
        Event(
            row["event"],
            row["persona_id"],
            row["other_persona_id"],
            row["overlap"],
            row["share_of_old"],
            row["share_of_new"],
        )
        for row in rows
        if row["event"] != "matched"
        and (since is None or row["event_date"] >= since)
    ]
    return told_events(events, names, sizes={})


def _drifts(rows: Sequence[Row], model_run_id: str | None) -> list[Drift]:
    """Return each kind of drift of a model; a refit is not made every month.

    What it says of an earlier month than the other kinds is not current.
    """
    own = [row for row in rows if row["model_run_id"] == model_run_id]
    newest = max(
        (row["month_end"] for row in own if row["drift_kind"] != "definition"),
        default=None,
    )
    drifts = []
    for kind in DRIFT_KINDS:
        of_kind = [row for row in own if row["drift_kind"] == kind]
        last = of_kind[-1] if of_kind else None
        is_current = last is not None and (
            newest is None or last["month_end"] >= newest
        )
        drifts.append(Drift(kind, last, is_current, of_kind[-LINE_MONTHS:]))
    return drifts


def _features(rows: Sequence[Row], model_run_id: str | None) -> list[Row]:
    own = [row for row in rows if row["model_run_id"] == model_run_id]
    newest = max((row["month_end"] for row in own), default=None)
    of_month = [row for row in own if row["month_end"] == newest]
    return of_month[:MOST_FEATURES]
