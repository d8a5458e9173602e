"""Named snapshots: an audience as it is today, kept for a later comparison.

A snapshot is two tables of schema ``meta``: one row per snapshot, and one per
customer with the persona they were in. Neither training nor rebuilding touches
them; the next run says in ``persona_snapshot_moves`` who has gone where.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from orchestration.lib.runs import run_lock
from orchestration.lib.settings import Settings
from orchestration.lib.typed import (
    NAME_LENGTH,
    NOTE_LENGTH,
    TypedError,
    fit_text,
)
from orchestration.lib.warehouse import open_warehouse, utc_timestamp

COLUMNS = (
    "snapshot_id, name, taken_at, as_of_date, model_run_id, note, "
    "count_customers"
)


class SnapshotError(TypedError):
    """A snapshot cannot be taken, found or removed; the message says why."""


@dataclass(frozen=True)
class Snapshot:
    """A row of ``meta.persona_snapshots``; times are UTC, without a zone."""

    snapshot_id: str
    name: str
    taken_at: datetime
    as_of_date: date
    model_run_id: str | None
    note: str | None
    count_customers: int


def snapshot_id(name: str) -> str:
    """Return the words of a name in lower case, joined by hyphens.

    Raises
    ------
    SnapshotError
        When the name has no letter or digit.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = re.findall(r"[^\W_]+", folded)
    if not words:
        raise SnapshotError(
            f"The name {name!r} has no letter or digit: give it a word."
        )
    return "-".join(words)


def take_snapshot(
    settings: Settings,
    name: str,
    *,
    now: datetime,
    persona_ids: Sequence[str] = (),
    note: str | None = None,
) -> Snapshot:
    """Keep who is in which persona, as ``marts.customer_personas`` has it.

    Parameters
    ----------
    settings : Settings
    name : str
        Up to 80 characters; it is published. Names that differ in case, spaces
        and punctuation only are the same.
    now : datetime
        The time; without a zone it is taken as UTC.
    persona_ids : sequence of str
        Only the customers of these; all, ``unassigned`` too, by default.
    note : str, optional
        Up to 500 characters; it stays in the warehouse.

    Returns
    -------
    Snapshot

    Raises
    ------
    SnapshotError
        When the name is taken or not fit, a persona is not known, or nothing
        has been built.
    RunLockError
        While a run is under way.
    """
    name = fit_text(name, "name", NAME_LENGTH)
    note = fit_text(note, "note", NOTE_LENGTH) if note else None
    own_id = snapshot_id(name)
    _assert_built(settings)
    with run_lock(settings), open_warehouse(settings) as connection:
        first = _find(connection, own_id)
        if first is not None:
            raise SnapshotError(
                f"There is a snapshot '{first.name}' of "
                f"{first.taken_at:%Y-%m-%d} already: choose another name, or "
                f'remove it first: persona snapshot "{first.name}" --delete'
            )
        known = _known_personas(connection)
        chosen = list(dict.fromkeys(persona_ids)) or known
        unknown = [one for one in chosen if one not in known]
        if unknown or not chosen:
            raise SnapshotError(
                f"No customer is in {', '.join(unknown) or 'any persona'}: "
                f"there are {', '.join(known) or 'no customers'}."
            )
        connection.execute("begin transaction")
        connection.execute(
            "insert into meta.persona_snapshot_members "
            "(snapshot_id, customer_id, persona_id, confidence) "
            "select ?, customer_id, persona_id, confidence "
            "from marts.customer_personas where persona_id in "
            "(select unnest(?::varchar[]))",
            [own_id, chosen],
        )
        connection.execute(
            f"insert into meta.persona_snapshots ({COLUMNS}) "
            "select ?, ?, ?, max(as_of_date), max(model_run_id), ?, "
            "(select count(*) from meta.persona_snapshot_members "
            "where snapshot_id = ?) from marts.customer_personas",
            [own_id, name, utc_timestamp(now), note, own_id],
        )
        connection.execute("commit")
        taken = _find(connection, own_id)
    assert taken is not None
    return taken


def list_snapshots(settings: Settings) -> list[Snapshot]:
    """Return all snapshots, the oldest first."""
    if not settings.warehouse_path.exists():
        return []
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            f"select {COLUMNS} from meta.persona_snapshots "
            "order by taken_at, snapshot_id"
        ).fetchall()
    return [Snapshot(*row) for row in rows]


def delete_snapshot(settings: Settings, name: str) -> Snapshot:
    """Remove a snapshot and its customers; return what it was.

    Raises
    ------
    SnapshotError
        When there is none of this name.
    RunLockError
        While a run is under way.
    """
    own_id = snapshot_id(name)
    _assert_built(settings)
    with run_lock(settings), open_warehouse(settings) as connection:
        found = _find(connection, own_id)
        if found is None:
            raise SnapshotError(
                f"There is no snapshot {name!r}: `persona snapshots` lists "
                "them."
            )
        connection.execute("begin transaction")
        for table in ("persona_snapshot_members", "persona_snapshots"):
            connection.execute(
                f"delete from meta.{table} where snapshot_id = ?", [own_id]
            )
        connection.execute("commit")
    return found


def _assert_built(settings: Settings) -> None:
    if not settings.warehouse_path.exists():
        raise SnapshotError("Nothing has been built yet: start `persona run`.")


def _known_personas(connection: duckdb.DuckDBPyConnection) -> list[str]:
    try:
        rows = connection.execute(
            "select distinct persona_id from marts.customer_personas "
            "order by persona_id"
        ).fetchall()
    except duckdb.CatalogException as error:
        raise SnapshotError(
            "The personas have not been built yet: start `persona run`."
        ) from error
    return [persona_id for (persona_id,) in rows]


def _find(
    connection: duckdb.DuckDBPyConnection, own_id: str
) -> Snapshot | None:
    rows = connection.execute(
        f"select {COLUMNS} from meta.persona_snapshots where snapshot_id = ?",
        [own_id],
    ).fetchall()
    return Snapshot(*rows[0]) if rows else None
