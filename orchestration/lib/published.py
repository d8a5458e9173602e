"""How the published file is read: briefly, read-only, without a way out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.publishing_tables import quoted

READER_CONFIG: dict[str, str] = {
    "enable_external_access": "false",
    "lock_configuration": "true",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@contextmanager
def open_published(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published file for a moment, as a reader who can do no harm.

    Read-only, without access to other files, its settings locked. Close it
    before the next look: a connection kept open goes on seeing the version it
    opened, and so does every new one in the same process.
    """
    connection = duckdb.connect(
        str(path), read_only=True, config=dict(READER_CONFIG)
    )
    try:
        yield connection
    finally:
        connection.close()


def table_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the tables in a published file, ordered."""
    rows = connection.execute(
        "select table_name from duckdb_tables() "
        "where schema_name = 'bi' order by table_name"
    ).fetchall()
    return [row[0] for row in rows]


def fetch_rows(
    connection: duckdb.DuckDBPyConnection, table: str, order: str
) -> list[Mapping[str, Any]]:
    """Return the rows of a published table, by column name."""
    cursor = connection.execute(
        f"select * from bi.{quoted(table)} order by {order}"
    )
    columns = [column[0] for column in cursor.description or ()]
    return [
        dict(zip(columns, values, strict=True)) for values in cursor.fetchall()
    ]


def in_families(
    personas: Iterable[Mapping[str, Any]],
) -> list[Mapping[str, Any]]:
    """Return the personas, largest first, each followed by its parts."""

    def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (-row["count_customers"], row["persona_id"])

    rows = list(personas)
    wholes = {
        row["persona_id"]: row for row in rows if not row.get(PARENT_COLUMN)
    }
    return sorted(
        rows,
        key=lambda row: (
            place(wholes.get(row.get(PARENT_COLUMN), row)),
            row["persona_id"] not in wholes,
            place(row),
        ),
    )


PARENT_COLUMN = "parent_persona_id"
"""Of which persona a row is a part; files of an earlier version lack it."""

RUN_COLUMNS = ("run_id", "model_run_id", "published_at")
"""Columns that name the run; equal data may differ in nothing else."""


def table_fingerprints(
    path: Path, *, ignore: Collection[str] = RUN_COLUMNS
) -> dict[str, str]:
    """Return one hash per table of a published file.

    Equal hashes mean equal column names, types and comments, and equal rows in
    the same order, apart from the columns to ignore.
    """
    fingerprints = {}
    with open_published(path) as connection:
        for table in table_names(connection):
            columns = connection.execute(
                "select column_name, data_type, coalesce(comment, '') "
                "from duckdb_columns() where schema_name = 'bi' "
                "and table_name = ? order by column_index",
                [table],
            ).fetchall()
            kept = [column for column in columns if column[0] not in ignore]
            fields = ", ".join(quoted(column[0]) for column in kept)
            rows = connection.execute(
                "select md5(? || coalesce(string_agg(row_hash, '' order by n), "
                f"'')) from (select rowid as n, md5(to_json(row({fields}))) as "
                f"row_hash from bi.{quoted(table)})",
                [repr(kept)],
            ).fetchall()
            fingerprints[table] = str(rows[0][0])
    return fingerprints
