"""The months of the history, as tables of the warehouse."""

from __future__ import annotations

from datetime import date

import duckdb

from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse

# The models with the tag history: incremental by model and month.
TABLES = (
    "intermediate.int_customer_persona_months",
    "intermediate.int_customer_moves",
    "intermediate.int_drift_counts",
)


def forget_months(settings: Settings, first: date, until: date) -> int:
    """Delete the months that end from ``first`` on and before ``until``.

    Returns
    -------
    int
        The customer-months deleted.
    """
    forgotten = count_rows(settings, first, until)
    with open_warehouse(settings) as connection:
        connection.execute("begin transaction")
        for table in _existing(connection):
            connection.execute(
                f"delete from {table} where month_end >= ? and month_end < ?",
                [first, until],
            )
        connection.execute("commit")
    return forgotten


def count_rows(settings: Settings, first: date, until: date) -> int:
    """Return the customer-months told of between two days, half-open."""
    with open_warehouse(settings, read_only=True) as connection:
        if TABLES[0] not in _existing(connection):
            return 0
        rows = connection.execute(
            f"select count(*) from {TABLES[0]} "
            "where month_end >= ? and month_end < ?",
            [first, until],
        ).fetchall()
    return int(rows[0][0])


def _existing(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_schema || '.' || table_name "
        "from information_schema.tables"
    ).fetchall()
    known = {row[0] for row in rows}
    return [table for table in TABLES if table in known]
