"""Models in force: which score, which wait, and who decided.

A trained model is a candidate until it is approved, by the policy or by a
person; the last approved one scores meanwhile. Decisions are rows that are
only ever added.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from orchestration.lib.models import model_in_force, write_review
from orchestration.lib.runs import run_lock
from orchestration.lib.settings import Settings
from orchestration.lib.typed import (
    NAME_LENGTH,
    NOTE_LENGTH,
    TypedError,
    fit_text,
)
from orchestration.lib.warehouse import open_warehouse

SOMEBODY = "a person"
NEW = "new"


class ReviewError(TypedError):
    """A decision that cannot be taken; the message says why and the mend."""


@dataclass(frozen=True)
class Model:
    """A trained model and where it stands.

    Attributes
    ----------
    standing : str
        'in force', 'waiting', 'rejected', 'superseded', or 'replaced' for one
        that was in force.
    moved_share : float or None
        Of the customers compared, 0-1; null without a model before it.
    note : str or None
        Of the last decision on it.
    """

    model_run_id: str
    trained_on: date
    verdict: str
    verdict_reason: str
    count_personas: int
    standing: str
    compared_with: str | None
    count_customers: int | None
    moved_share: float | None
    centroid_shift: float | None
    changed_share: float | None
    note: str | None


@dataclass(frozen=True)
class Event:
    """What became of a persona; figures are shares of customers, 0-1."""

    event: str
    persona_id: str
    other_persona_id: str | None
    overlap: float | None
    share_of_old: float | None
    share_of_new: float | None


@dataclass(frozen=True)
class Move:
    """Customers who would be in another persona; share of the old one, 0-1."""

    from_persona_id: str
    to_persona_id: str
    count_customers: int
    from_share: float


@dataclass(frozen=True)
class Change:
    """A claim that would be said otherwise.

    ``said_before`` and ``said_after`` are 'higher', 'lower' or 'alike'; before
    is 'new' where the persona is.
    """

    persona_id: str
    trait: str
    trait_value: str | None
    said_before: str
    said_after: str
    effect_after: float


@dataclass(frozen=True)
class Difference:
    """What a model changes against the one in force when it was trained.

    Attributes
    ----------
    names : dict of str to str
        Names of the personas that have one, in English.
    sizes : dict of str to float
        Share of the customers compared in each persona after, 0-1.
    count_claims : int
        Claims compared, of personas that both models have.
    """

    model: Model
    before: Model | None
    events: list[Event]
    moves: list[Move]
    changes: list[Change]
    count_claims: int
    names: dict[str, str]
    sizes: dict[str, float]


def list_models(settings: Settings) -> list[Model]:
    """Return every trained model, the newest first."""
    with _opened(settings) as connection:
        return _models(connection)


def newest_review(settings: Settings) -> tuple[str, str]:
    """Return the last decision on the newest model, and its note.

    Raises
    ------
    ReviewError
        When no model has been trained.
    """
    with open_warehouse(settings, read_only=True) as connection:
        newest = _models(connection)[0]
    return newest.standing, newest.note or ""


def find_model(settings: Settings, wanted: str | None) -> Model:
    """Return a model by its id or the end of it; by default one that waits.

    Raises
    ------
    ReviewError
        When there is none, or more than one.
    """
    with _opened(settings) as connection:
        return _find(connection, wanted)


def read_difference(settings: Settings, wanted: str | None) -> Difference:
    """Return what a model changes; by default the waiting or newest one.

    Raises
    ------
    ReviewError
        As ``find_model``.
    """
    with _opened(settings) as connection:
        models = _models(connection)
        is_waiting = any(one.standing == "waiting" for one in models)
        if wanted is None and not is_waiting:
            wanted = models[0].model_run_id
        model = _find(connection, wanted)
        before = [
            one for one in models if one.model_run_id == model.compared_with
        ]
        key = [model.model_run_id]
        events = connection.execute(
            "select event, persona_id, other_persona_id, overlap, "
            "share_of_old, share_of_new from ml.model_events "
            "where model_run_id = ? "
            "order by persona_id, event, other_persona_id",
            key,
        ).fetchall()
        moves = connection.execute(
            "select from_persona_id, to_persona_id, count_customers, "
            "count_customers / sum(count_customers) over "
            "(partition by from_persona_id) as from_share "
            "from ml.model_moves where model_run_id = ? "
            "qualify from_persona_id <> to_persona_id "
            "order by count_customers desc, from_persona_id, to_persona_id",
            key,
        ).fetchall()
        changes = connection.execute(
            "select persona_id, trait, trait_value, "
            f"coalesce(said_before, '{NEW}'), said_after, effect_after "
            "from ml.model_changes where model_run_id = ? and is_changed "
            "order by persona_id, abs(effect_after - "
            "coalesce(effect_before, 0)) desc, trait, trait_value",
            key,
        ).fetchall()
        count_claims = connection.execute(
            "select count(*) from ml.model_changes "
            "where model_run_id = ? and said_before is not null",
            key,
        ).fetchall()[0][0]
        sizes = connection.execute(
            "select to_persona_id, sum(count_customers) / "
            "sum(sum(count_customers)) over () from ml.model_moves "
            "where model_run_id = ? group by to_persona_id",
            key,
        ).fetchall()
        return Difference(
            model=model,
            before=before[0] if before else None,
            events=[Event(*row) for row in events],
            moves=[Move(*row) for row in moves],
            changes=[Change(*row) for row in changes],
            count_claims=count_claims,
            names=_names(connection),
            sizes=dict(sizes),
        )


def persona_names(settings: Settings) -> dict[str, str]:
    """Return the names of all personas that were ever in force, in English."""
    if not settings.warehouse_path.exists():
        return {}
    with open_warehouse(settings) as connection:
        return _names(connection)


def approve(
    settings: Settings, wanted: str | None, *, by: str | None, note: str | None
) -> Model:
    """Put a model in force that waits, was rejected or was rolled back.

    Raises
    ------
    ReviewError
        When the model cannot be approved.
    """
    with _decided(settings) as connection:
        model = _find(connection, wanted)
        if model.standing in ("in force", "superseded"):
            raise ReviewError(
                f"Model {model.model_run_id} is {model.standing}. "
                + _mend(model.standing)
            )
        if model.compared_with != model_in_force(connection):
            raise ReviewError(
                f"Model {model.model_run_id} was compared with a model that "
                "is not in force now. " + _mend(model.standing)
            )
        _review(connection, model, "approved", by, note)
    return model


def reject(
    settings: Settings, wanted: str | None, *, by: str | None, note: str | None
) -> Model:
    """Decide that a waiting model will not come into force.

    Raises
    ------
    ReviewError
        When the model does not wait.
    """
    with _decided(settings) as connection:
        model = _find(connection, wanted)
        if model.standing != "waiting":
            raise ReviewError(
                f"Model {model.model_run_id} is {model.standing}: only one "
                "that waits can be rejected."
            )
        _review(connection, model, "rejected", by, note)
    return model


def roll_back(
    settings: Settings, *, by: str | None, note: str | None
) -> tuple[Model, Model]:
    """Put the model before in force; return who left and who came.

    The one before is the one that the model in force replaced.

    Raises
    ------
    ReviewError
        When there is none.
    """
    with _decided(settings) as connection:
        current = model_in_force(connection)
        replaced = connection.execute(
            "select in_force_before from (select *, "
            "lag(in_force_model_run_id) over (order by review_number) "
            "as in_force_before from ml.model_reviews) "
            "where model_run_id = ? and decision = 'approved' "
            "order by review_number limit 1",
            [current],
        ).fetchall()
        if not replaced or replaced[0][0] is None:
            raise ReviewError(
                "There is no model before the one in force: "
                "`persona model list` shows all."
            )
        left = _find(connection, current)
        came = _find(connection, replaced[0][0])
        _review(
            connection, left, "rolled_back", by, note, in_force=replaced[0][0]
        )
    return left, came


def _mend(standing: str) -> str:
    back = "To go back to the model before: `persona model rollback`."
    return {
        "in force": back,
        "replaced": back,
        "superseded": "A newer one was trained since: `persona model list`.",
        "rejected": "Train anew: `persona train`.",
        "waiting": "Train anew: `persona train`.",
    }[standing]


def _review(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    decision: str,
    by: str | None,
    note: str | None,
    in_force: str | None = None,
) -> None:
    as_of = connection.execute(
        "select as_of_date from intermediate.int_as_of_date"
    ).fetchall()[0][0]
    write_review(
        connection,
        model.model_run_id,
        decision,
        decided_by=fit_text(by or "", "name", NAME_LENGTH) or SOMEBODY,
        note=fit_text(note or "", "note", NOTE_LENGTH) or None,
        as_of_date=as_of,
        reviewed_at=datetime.now(UTC).replace(tzinfo=None),
        in_force=in_force,
    )


@contextmanager
def _opened(
    settings: Settings,
) -> Iterator[duckdb.DuckDBPyConnection]:
    if not settings.warehouse_path.exists():
        raise ReviewError("Nothing has been built yet: start `persona run`.")
    with open_warehouse(settings) as connection:
        yield connection


@contextmanager
def _decided(
    settings: Settings,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse while no run is under way."""
    with run_lock(settings), _opened(settings) as connection:
        yield connection


def _models(connection: duckdb.DuckDBPyConnection) -> list[Model]:
    rows = connection.execute(
        """
        with

        last as (
            select * from ml.model_reviews
            qualify row_number() over (
                partition by model_run_id order by review_number desc
            ) = 1
        ),

        personas as (
            select model_run_id, count(*) as count_personas
            from ml.model_clusters
            where persona_id is not null and parent_cluster_id is null
            group by model_run_id
        )

        select
            runs.model_run_id,
            runs.as_of_date,
            runs.verdict,
            runs.verdict_reason,
            coalesce(personas.count_personas, 0),
            case
                when runs.model_run_id = ? then 'in force'
                when last.decision in ('approved', 'rolled_back')
                    then 'replaced'
                else last.decision
            end,
            comparisons.compared_model_run_id,
            comparisons.count_customers,
            comparisons.moved_share,
            comparisons.centroid_shift,
            comparisons.changed_share,
            last.note
        from ml.model_runs as runs
        inner join last on runs.model_run_id = last.model_run_id
        left join personas on runs.model_run_id = personas.model_run_id
        left join ml.model_comparisons as comparisons
            on runs.model_run_id = comparisons.model_run_id
        order by runs.trained_at desc, runs.model_run_id desc
        """,
        [model_in_force(connection)],
    ).fetchall()
    if not rows:
        raise ReviewError("No model has been trained yet: `persona train`.")
    return [Model(*row) for row in rows]


def _find(connection: duckdb.DuckDBPyConnection, wanted: str | None) -> Model:
    models = _models(connection)
    if wanted is None:
        found = [one for one in models if one.standing == "waiting"]
        if not found:
            raise ReviewError(
                "No model waits for a decision: `persona model list` shows all."
            )
        return found[0]
    found = [one for one in models if one.model_run_id.endswith(wanted)]
    if len(found) != 1:
        raise ReviewError(
            f"{'No' if not found else 'More than one'} model has an id that "
            f"ends in '{wanted}': `persona model list` shows all."
        )
    return found[0]


def _names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the names of all personas that were ever in force."""
    names: dict[str, str] = {}
    for table, condition in (
        ("ml.persona_names", "language = 'en'"),
        ("marts.personas", "persona_name <> persona_id"),
    ):
        schema, name = table.split(".")
        exists = connection.execute(
            "select count(*) from information_schema.tables where "
            "table_schema = ? and table_name = ?",
            [schema, name],
        ).fetchall()[0][0]
        if exists:
            names |= dict(
                connection.execute(
                    f"select persona_id, persona_name from {table} "
                    f"where {condition}"
                ).fetchall()
            )
    return names
