"""The way of a file into the warehouse: rows and ledger in one transaction.

The counts of records in the file and in the table must agree, and the file's
bytes must still be those that were looked through; else all is rolled back.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.lib.delivery import (
    csv_files,
    files,
    json_files,
    parquet_files,
    raw_tables,
)
from orchestration.lib.delivery.ledger import Ledger
from orchestration.lib.delivery.outcomes import (
    DeliveryError,
    FileOutcome,
    RefusedError,
)
from orchestration.lib.delivery.plans import TEXT, Plan, quoted, shown
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import (
    LINEAGE_COLUMNS,
    SourceSpec,
    TableSpec,
    load_source_spec,
)
from orchestration.lib.warehouse import open_warehouse, utc_timestamp

NOT_THE_FILES_FAULT = (
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.TransactionException,
    duckdb.InterruptException,
)


def deliver(
    settings: Settings,
    source: str,
    run_id: str,
    *,
    now: datetime,
    spec: SourceSpec | None = None,
) -> list[FileOutcome]:
    """Load the new files of one source; refuse those that cannot be trusted.

    The files lie in ``landing/<source>/``. ``run_id`` and ``now`` (without a
    zone taken as UTC) go into the ledger; ``spec`` is read from the source's
    yml by default.

    Returns
    -------
    list of FileOutcome
        One per file, in the order of their names; files that are still being
        written (``.tmp``, ``.part``, or a leading dot or underscore) are left
        out. Empty for a source whose tables all live elsewhere.

    Raises
    ------
    SourceSpecError
        When the sources yml is missing or wrong.
    DeliveryError
        When a raw table is not one that this module made.
    duckdb.Error
        When the warehouse fails for a reason that is not in the file: no
        memory, no disk, another writer.
    """
    spec = load_source_spec(source) if spec is None else spec
    if not spec.tables:
        return []
    folder = settings.landing / source
    folder.mkdir(parents=True, exist_ok=True)
    with open_warehouse(settings) as connection:
        raw_tables.ensure_raw_tables(connection, spec)
        ledger = Ledger(connection, run_id, utc_timestamp(now))
        return [
            _Delivery(
                connection,
                ledger,
                spec,
                path,
                files.readable_name(path, folder),
                settings.scratch,
            ).take()
            for path in files.delivered_files(folder)
        ]


@dataclass(frozen=True)
class _Delivery:
    """One file on its way into the warehouse."""

    connection: duckdb.DuckDBPyConnection
    ledger: Ledger
    spec: SourceSpec
    path: Path
    file_name: str
    scratch: Path

    def take(self) -> FileOutcome:
        """Load the file, or say why not, and write the ledger."""
        table = files.match_table(self.file_name, self.spec)
        outcome = FileOutcome(
            self.spec.name,
            table.name if table else None,
            self.file_name,
            "refused",
        )
        try:
            size, content_hash = files.fingerprint(self.path)
            outcome = replace(
                outcome, size_bytes=size, content_hash=content_hash
            )
            files.refuse_odd_names(self.path)
            if table is None:
                reason = files.why_no_table(self.file_name, self.spec)
                raise RefusedError(reason)
            loads = self.ledger.loads(table, content_hash)
            return (
                self._known(outcome, loads)
                if loads
                else self._load(table, outcome)
            )
        except RefusedError as refusal:
            return self.ledger.note(
                replace(outcome, message=f"{self.file_name}: {refusal}")
            )

    def _known(
        self, outcome: FileOutcome, loads: list[tuple[int, int, str]]
    ) -> FileOutcome:
        """Return the outcome of a file whose content is loaded."""
        delivery_id, count_rows, first_name = loads[0]
        if self.file_name in [name for _, _, name in loads]:
            return replace(
                outcome,
                outcome="unchanged",
                count_rows=count_rows,
                delivery_id=delivery_id,
            )
        return self.ledger.note(
            replace(
                outcome,
                outcome="duplicate",
                count_rows=0,
                message=f"{self.file_name}: has the content of {first_name}, "
                f"which is loaded (delivery {delivery_id}); nothing changed.",
            )
        )

    def _load(self, table: TableSpec, outcome: FileOutcome) -> FileOutcome:
        """Load the rows and the ledger's row in one transaction."""
        with (
            TemporaryDirectory(prefix="delivery-", dir=self.scratch) as scratch,
            self._blaming_the_file(),
        ):
            plan = self._plan(table, Path(scratch))
            types = raw_tables.fit_table(self.connection, table, plan)
            with _transaction(self.connection):
                outcome = replace(
                    outcome,
                    outcome="loaded",
                    delivery_id=self.ledger.next_id(),
                    count_rows=plan.count_rows,
                    message=self._remarks(table, plan),
                )
                self._insert(table, plan, types, outcome)
                self.ledger.write(outcome)
        self._see_that_rows_are_there(table, outcome)
        return outcome

    def _plan(self, table: TableSpec, scratch: Path) -> Plan:
        match files.file_format(self.file_name):
            case "csv":
                return csv_files.plan_csv(self.path, table)
            case "jsonl":
                return json_files.plan_json(
                    self.connection, self.path, table, scratch
                )
            case _:
                return parquet_files.plan_parquet(
                    self.connection, self.path, table
                )

    def _insert(
        self,
        table: TableSpec,
        plan: Plan,
        types: Mapping[str, str],
        outcome: FileOutcome,
    ) -> None:
        values = {
            name: expression
            if types[name.lower()] == data_type
            else f"cast({expression} as {TEXT})"
            for name, (expression, data_type) in plan.columns.items()
        }
        lineage = (
            f"{outcome.delivery_id}",
            "row_number() over ()",
            f"timestamp '{self.ledger.delivered_at.isoformat(sep=' ')}'",
        )
        values |= dict(zip(LINEAGE_COLUMNS, lineage, strict=True))
        inserted = self.connection.execute(
            f"insert into {table.relation} "
            f"({', '.join(quoted(name) for name in values)}) "
            f"select {', '.join(values.values())} from {plan.relation}"
        ).fetchall()[0][0]
        if inserted != plan.count_rows:
            raise RefusedError(
                f"holds {plan.count_rows} records, but {inserted} can be "
                "read. Some field has an open or a stray quote, or line ends "
                "are mixed: export the file again as CSV (RFC 4180)."
            )
        before = (outcome.size_bytes, outcome.content_hash)
        if files.fingerprint(self.path) != before:
            raise RefusedError(
                "changed while it was read. Let the file be written under a "
                "name that ends in .tmp and renamed when it is complete."
            )

    def _see_that_rows_are_there(
        self, table: TableSpec, outcome: FileOutcome
    ) -> None:
        visible = self.connection.execute(
            f"select count(delivery_row) from {table.relation} "
            "where delivery_id = ?",
            [outcome.delivery_id],
        ).fetchall()[0][0]
        if visible != outcome.count_rows:
            raise DeliveryError(
                f"{outcome.file_name} was loaded with {outcome.count_rows} "
                f"rows, but {table.relation} shows {visible} of them. Run "
                "again; if it stays so, restore the warehouse from a copy."
            )

    def _remarks(self, table: TableSpec, plan: Plan) -> str | None:
        remarks = []
        if plan.undeclared:
            remarks.append(
                "not loaded, because the yml does not declare them: "
                + ", ".join(shown(name) for name in plan.undeclared)
            )
        earlier = self.ledger.last_load(table, self.file_name)
        if earlier is not None:
            remarks.append(
                f"the name was delivered before (delivery {earlier}) with "
                "other content; the rows of both are kept"
            )
        if not remarks:
            return None
        return f"{self.file_name}: {'; '.join(remarks)}."

    @contextmanager
    def _blaming_the_file(self) -> Iterator[None]:
        """Refuse the file for what it breaks; let the warehouse's faults by."""
        try:
            try:
                yield
            except duckdb.Error as error:
                if not _is_the_files_fault(error):
                    raise
                raise RefusedError(self._explained(str(error))) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise RefusedError(files.vanished(error)) from error

    def _explained(self, reason: str) -> str:
        match files.file_format(self.file_name):
            case "csv":
                return csv_files.NOT_THE_DIALECT
            case "jsonl":
                return json_files.explain_json(self.path)
            case _:
                return parquet_files.explain_parquet(reason)


def _is_the_files_fault(error: duckdb.Error) -> bool:
    if isinstance(error, duckdb.IOException):
        text = str(error)
        return "No space left" not in text and any(
            extension in text for extension in files.FORMATS
        )
    return not isinstance(error, NOT_THE_FILES_FAULT)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside, or roll all of it back."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # where it died with the database
            connection.execute("rollback")
        raise
