"""The ledger of deliveries, ``meta.deliveries``: one row per name and content.

It is what makes a delivery happen once: a content that was loaded into a table
is not loaded again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from orchestration.lib.delivery.outcomes import FileOutcome
from orchestration.lib.source_specs import TableSpec


@dataclass(frozen=True)
class Ledger:
    """The ledger as one run writes it."""

    connection: duckdb.DuckDBPyConnection
    run_id: str
    delivered_at: datetime

    def next_id(self) -> int:
        """Return the id of the next delivery."""
        last = self._one("select max(delivery_id) from meta.deliveries")
        return (last or 0) + 1

    def loads(
        self, table: TableSpec, content_hash: str
    ) -> list[tuple[int, int, str]]:
        """Return id, rows and file name of earlier loads of a content."""
        return self.connection.execute(
            "select delivery_id, count_rows, file_name from meta.deliveries "
            "where source = ? and table_name = ? and content_hash = ? "
            "and outcome = 'loaded' order by delivery_id",
            [table.source, table.name, content_hash],
        ).fetchall()

    def last_load(self, table: TableSpec, file_name: str) -> int | None:
        """Return the id of the newest load of a file of that name."""
        return self._one(
            "select max(delivery_id) from meta.deliveries where source = ? "
            "and table_name = ? and file_name = ? and outcome = 'loaded'",
            table.source,
            table.name,
            file_name,
        )

    def note(self, outcome: FileOutcome) -> FileOutcome:
        """Write an outcome that loads nothing, once per name and content.

        Its message is the newest: a source yml that was mended in part leaves
        less to say of the same file.
        """
        known = self._one(
            "select min(delivery_id) from meta.deliveries where source = ? "
            "and file_name = ? and content_hash = ? and outcome = ?",
            outcome.source,
            outcome.file_name,
            outcome.content_hash,
            outcome.outcome,
        )
        if known is not None:
            self.connection.execute(
                "update meta.deliveries set message = ? where delivery_id = ? "
                "and message is distinct from ?",
                [outcome.message, known, outcome.message],
            )
            return replace(outcome, delivery_id=known)
        outcome = replace(outcome, delivery_id=self.next_id())
        self.write(outcome)
        return outcome

    def write(self, outcome: FileOutcome) -> None:
        """Write an outcome."""
        self.connection.execute(
            "insert into meta.deliveries (delivery_id, source, table_name, "
            "file_name, content_hash, size_bytes, count_rows, delivered_at, "
            "outcome, message, run_id) values ($delivery_id, $source, $table, "
            "$file_name, $content_hash, $size_bytes, $count_rows, "
            "$delivered_at, $outcome, $message, $run_id)",
            {
                **vars(outcome),
                "delivered_at": self.delivered_at,
                "run_id": self.run_id,
            },
        )

    def _one(self, query: str, *values: Any) -> int | None:
        rows = self.connection.execute(query, list(values)).fetchall()
        found: int | None = rows[0][0]
        return found
