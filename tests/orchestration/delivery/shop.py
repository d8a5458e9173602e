"""A shop that delivers files, and what its tests have in common."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.lib.delivery import FileOutcome, deliver, tables_with_rows
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import ColumnSpec, SourceSpec, TableSpec
from orchestration.lib.warehouse import open_warehouse

NOW = datetime(2026, 6, 30, 10, 15, tzinfo=UTC)
HEAD = "order_id,customer_id,amount\n"
GOOD = 'order_id,customer_id,amount,note\n1,a,1.50,\n2,b,,""\n'


def table(name: str, columns: str, required: bool = False) -> TableSpec:
    """Return a table; a star marks a required column."""
    return TableSpec(
        "shop",
        name,
        tuple(
            ColumnSpec(one.rstrip("*"), "varchar", one.endswith("*"))
            for one in columns.split()
        ),
        None,
        required,
    )


SPEC = SourceSpec(
    "shop",
    Path("_shop__sources.yml"),
    (
        table("orders", "order_id* customer_id* amount note", True),
        table("order_lines", "line_id* order_id quantity"),
        table("tags", "tag*"),
    ),
)


class Shop:
    """A landing folder, its warehouse and a shorthand to deliver.

    The warehouse stays open, because opening it costs more than most tests.
    """

    def __init__(self, home: Path, empty_warehouse: Path) -> None:
        self.settings = Settings(home, ("shop",))
        self.folder = self.settings.landing / "shop"
        self.folder.mkdir(parents=True)
        self.spec = SPEC
        shutil.copy(empty_warehouse, self.settings.warehouse_path)
        self.stack = ExitStack()
        self.connection = self.stack.enter_context(
            open_warehouse(self.settings)
        )

    def reopen(self) -> None:
        """Close the warehouse and open it again: what is there, is on disk."""
        self.stack.close()
        self.connection = self.stack.enter_context(
            open_warehouse(self.settings)
        )

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    def put_parquet(self, name: str, query: str) -> Path:
        path = self.folder / name
        self.connection.execute(f"copy ({query}) to '{path}' (format parquet)")
        return path

    def deliver(self, run_id: str = "run-1", **more: Any) -> list[FileOutcome]:
        more = {"now": NOW, "spec": self.spec, **more}
        return deliver(self.settings, "shop", run_id, **more)

    def one(self, **more: Any) -> FileOutcome:
        (outcome,) = self.deliver(**more)
        return outcome

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def orders(self, columns: str = "order_id, customer_id, amount, note"):
        return self.query(
            f"select {columns} from raw.shop__orders "
            "order by delivery_id, delivery_row"
        )

    def refused(self, *words: str) -> str:
        """Deliver one file; assert that it is refused and why."""
        outcome = self.one()
        message = assert_refused(outcome, *words)
        assert tables_with_rows(self.connection, self.spec) == frozenset()
        assert self.query(
            "select outcome, message, count_rows from meta.deliveries"
        ) == [("refused", message, None)]
        return message


def assert_refused(outcome: FileOutcome, *words: str) -> str:
    """Assert that a file was refused and why."""
    assert outcome.outcome == "refused", outcome
    assert outcome.message is not None
    assert outcome.message.startswith(f"{outcome.file_name}: ")
    for word in words:
        assert word in outcome.message
    assert outcome.count_rows is None
    return outcome.message
