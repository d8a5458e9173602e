"""Delivery: a file lands in the warehouse whole and once, or not at all.

A source puts its files into ``landing/<source>/``. Each is hashed, looked
through once in a stream (encoding, quotes, line ends, records, size), then
loaded by one SQL statement in one transaction together with its row in
``meta.deliveries``; the two counts of records must agree and the bytes must
still be the same. What cannot be trusted is refused with a message that says
what to mend, and the run goes on. DuckDB alone does not suffice for that: it
loads a quarter of all cut CSV files without a word, and it reads no row at all
from some files whose line ends differ from what it was told.

The dialect of CSV is fixed: comma, double quote, a quote inside a quoted
field written twice, one header line, UTF-8. Columns are found by their name
in the header, never by their position.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import errno
import gzip
import hashlib
import io
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Literal

import duckdb
import numpy as np

from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import (
    LINEAGE_COLUMNS,
    RAW_SCHEMA,
    SourceSpec,
    TableSpec,
    load_source_spec,
)
from orchestration.lib.warehouse import open_warehouse, utc_timestamp

MAX_UNCOMPRESSED_BYTES = 50_000_000_000
MAX_RECORD_BYTES = {"csv": 2_000_000, "jsonl": 16_000_000}
NEAR_NAME = 0.8
CHUNK_BYTES = 1 << 21
_TEXT = "varchar"

Outcome = Literal["loaded", "unchanged", "duplicate", "refused"]

FORMATS = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}
UNFINISHED = (".tmp", ".part")
MAGICS = {
    b"\x1f\x8b": "gzip: end its name in .csv.gz or .jsonl.gz",
    b"PAR1": "Parquet: end its name in .parquet",
    b"PK\x03\x04": "a zip or Excel file: save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the sheet as CSV UTF-8",
}
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
NOT_THE_FILES_FAULT = (
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.TransactionException,
    duckdb.InterruptException,
)


class DeliveryError(RuntimeError):
    """The run cannot go on with what was delivered; the message says why."""


class _RefusedError(Exception):
    """A file cannot be trusted; the message says why and what to mend."""


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file in a landing folder.

    ``unchanged`` files were loaded by an earlier run; ``duplicate`` ones have
    the content of a file that was loaded under another name.
    """

    source: str
    table: str | None
    file_name: str
    outcome: Outcome
    message: str | None = None
    count_rows: int | None = None
    content_hash: str = ""
    size_bytes: int = 0
    delivery_id: int | None = None


@dataclass(frozen=True)
class _Plan:
    """How one file is read in SQL, and how many rows must come of it."""

    relation: str
    columns: dict[str, str]  # declared column -> expression
    types: dict[str, str]  # declared column -> type
    row_number: str
    count_rows: int
    undeclared: tuple[str, ...]


def deliver(
    settings: Settings,
    source: str,
    run_id: str,
    *,
    now: datetime,
    spec: SourceSpec | None = None,
    max_uncompressed_bytes: int = MAX_UNCOMPRESSED_BYTES,
) -> list[FileOutcome]:
    """Load the new files of one source; refuse those that cannot be trusted.

    Parameters
    ----------
    settings : Settings
        Where the landing folder and the warehouse are.
    source : str
        The source; its files lie in ``landing/<source>/``.
    run_id : str
        The run that the ledger will name.
    now : datetime
        The time of delivery; without a zone it is taken as UTC.
    spec : SourceSpec, optional
        What the source may deliver; read from its sources yml by default.
    max_uncompressed_bytes : int
        A compressed file that unpacks to more is refused.

    Returns
    -------
    list of FileOutcome
        One per file, in the order of their names; files that are still being
        written (``.tmp``, ``.part``, or a leading dot or underscore) are left
        out.

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
    folder = settings.landing / source
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with open_warehouse(settings) as connection:
        ensure_raw_tables(connection, spec)
        for path in _delivered_files(folder):
            job = _Delivery(
                connection=connection,
                spec=spec,
                path=path,
                file_name=_readable(path.relative_to(folder).as_posix()),
                run_id=run_id,
                delivered_at=utc_timestamp(now),
                limit=max_uncompressed_bytes,
                scratch=settings.scratch,
            )
            outcomes.append(job.take())
    return outcomes


def ensure_raw_tables(
    connection: duckdb.DuckDBPyConnection, spec: SourceSpec
) -> None:
    """Create the raw tables that are missing, empty, all columns as text.

    Columns that the yml declares anew are added to tables that exist.
    """
    for table in spec.tables:
        found = _raw_columns(connection, table)
        if not found:
            connection.execute(
                f"create table {table.relation} as select "
                f"{_select_list(table, {})} limit 0"
            )
            continue
        _refuse_foreign_table(table, found)
        for name in table.column_names:
            if name not in found:
                connection.execute(
                    f"alter table {table.relation} add column "
                    f"{_identifier(name)} varchar"
                )


def tables_with_rows(
    connection: duckdb.DuckDBPyConnection, spec: SourceSpec
) -> frozenset[str]:
    """Return the names of the tables of a source that hold rows."""
    return frozenset(
        table.name
        for table in spec.tables
        if _raw_columns(connection, table) and _has_rows(connection, table)
    )


def required_problems(
    outcomes: Sequence[FileOutcome],
    spec: SourceSpec,
    *,
    filled_tables: Collection[str] = (),
    landing: Path | None = None,
) -> list[str]:
    """Return why the run must stop: one message per problem, or none.

    Parameters
    ----------
    outcomes : sequence of FileOutcome
        What :func:`deliver` returned for this source.
    spec : SourceSpec
        What the source must deliver.
    filled_tables : collection of str
        Tables that hold rows of earlier runs (:func:`tables_with_rows`);
        their files need not lie in the folder any more.
    landing : Path, optional
        The landing folder, to be named in the messages.
    """
    folder = f"{landing or 'landing'}/{spec.name}/"
    problems = []
    for table in spec.tables:
        if not table.is_required:
            continue
        mine = [one for one in outcomes if one.table == table.name]
        refused = [one for one in mine if one.outcome == "refused"]
        problems += [
            f"{one.message} (The table {table.name} of {spec.name} is "
            "required: mend the file or take it away.)"
            for one in refused
        ]
        if len(refused) == len(mine) and table.name not in filled_tables:
            problems.append(
                f"The source {spec.name} has no {table.name}, which it must "
                f"have: put {table.name}.csv (or .csv.gz, .jsonl, .parquet) "
                f"into {folder}, with the columns "
                f"{', '.join(table.required_columns) or 'of its yml'}."
            )
    return problems


def check_deliveries(
    settings: Settings,
    outcomes: Sequence[FileOutcome],
    *,
    specs: Sequence[SourceSpec] | None = None,
) -> None:
    """Stop the run when a required table is missing or was refused.

    Parameters
    ----------
    settings : Settings
        Where the warehouse is, and which sources are on.
    outcomes : sequence of FileOutcome
        The outcomes of all sources.
    specs : sequence of SourceSpec, optional
        The sources to check; by default those that are on.

    Raises
    ------
    DeliveryError
        With every problem of every source, one per line.
    """
    if specs is None:
        specs = [load_source_spec(source) for source in settings.sources]
    problems: list[str] = []
    with open_warehouse(settings) as connection:
        for spec in specs:
            problems += required_problems(
                [one for one in outcomes if one.source == spec.name],
                spec,
                filled_tables=tables_with_rows(connection, spec),
                landing=settings.landing,
            )
    if problems:
        raise DeliveryError("\n".join(problems))


# -- one file ---------------------------------------------------------------


@dataclass(frozen=True)
class _Delivery:
    """One file on its way into the warehouse."""

    connection: duckdb.DuckDBPyConnection
    spec: SourceSpec
    path: Path
    file_name: str
    run_id: str
    delivered_at: datetime
    limit: int
    scratch: Path

    def take(self) -> FileOutcome:
        """Load the file, or say why not, and write the ledger."""
        table = match_table(self.file_name, self.spec)
        outcome = FileOutcome(
            self.spec.name,
            table.name if table else None,
            self.file_name,
            "refused",
        )
        try:
            size, content_hash = _fingerprint(self.path)
        except OSError as error:
            message = f"{self.file_name}: {_vanished(error)}"
            return self._note(replace(outcome, message=message))
        outcome = replace(outcome, size_bytes=size, content_hash=content_hash)
        try:
            self._refuse_names_not_text()
            if table is None:
                raise _RefusedError(_no_table(self.file_name, self.spec))
            loaded = self._loaded_before(table, content_hash)
            if loaded is None:
                return self._load(table, outcome)
        except _RefusedError as refusal:
            return self._note(
                replace(outcome, message=f"{self.file_name}: {refusal}")
            )
        delivery_id, count_rows, names = loaded
        if self.file_name in names:
            return replace(
                outcome,
                outcome="unchanged",
                count_rows=count_rows,
                delivery_id=delivery_id,
            )
        return self._note(
            replace(
                outcome,
                outcome="duplicate",
                count_rows=0,
                message=f"{self.file_name}: has the content of {names[0]}, "
                f"which is loaded (delivery {delivery_id}); nothing changed.",
            )
        )

    def _load(self, table: TableSpec, outcome: FileOutcome) -> FileOutcome:
        """Load the rows and the ledger's row in one transaction."""
        try:
            with _readable_by_duckdb(
                self.path, self.file_name, self.scratch, self.limit
            ) as file:
                plan = _plan(self.connection, file, table, self.spec)
                return self._load_planned(table, plan, outcome)
        except duckdb.Error as error:
            if not _is_the_files_fault(error, self.path):
                raise
            raise _RefusedError(_explained(str(error), self.path)) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise _RefusedError(_vanished(error)) from error

    def _load_planned(
        self, table: TableSpec, plan: _Plan, outcome: FileOutcome
    ) -> FileOutcome:
        types = _prepare_table(self.connection, table, plan)
        with _transaction(self.connection):
            outcome = self._insert(table, plan, types, outcome)
            self._write_ledger(outcome)
        self._see_that_rows_are_there(table, outcome)
        return outcome

    def _insert(
        self,
        table: TableSpec,
        plan: _Plan,
        types: Mapping[str, str],
        outcome: FileOutcome,
    ) -> FileOutcome:
        delivery_id = _next_delivery_id(self.connection)
        expressions = {
            name: expression
            if types[name] == plan.types[name]
            else f"cast({expression} as {_TEXT})"
            for name, expression in plan.columns.items()
        }
        names = ", ".join(
            _identifier(name) for name in (*expressions, *LINEAGE_COLUMNS)
        )
        values = ", ".join(
            (
                *expressions.values(),
                f"{delivery_id}::bigint",
                f"{plan.row_number}::bigint",
                f"timestamp '{self.delivered_at.isoformat(sep=' ')}'",
            )
        )
        inserted = self.connection.execute(
            f"insert into {table.relation} ({names}) "
            f"select {values} from {plan.relation}"
        ).fetchall()[0][0]
        if inserted != plan.count_rows:
            raise _RefusedError(
                f"holds {plan.count_rows} records, but {inserted} can be "
                "read. Some field has an open or a stray quote, or line ends "
                "are mixed: export the file again as CSV (RFC 4180)."
            )
        if _fingerprint(self.path) != (
            outcome.size_bytes,
            outcome.content_hash,
        ):
            raise _RefusedError(
                "changed while it was read. Let the file be written under a "
                "name that ends in .tmp and renamed when it is complete."
            )
        return replace(
            outcome,
            outcome="loaded",
            count_rows=inserted,
            delivery_id=delivery_id,
            message=self._remarks(table, plan),
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

    def _remarks(self, table: TableSpec, plan: _Plan) -> str | None:
        remarks = []
        if plan.undeclared:
            remarks.append(
                "not loaded, because the yml does not declare them: "
                + ", ".join(_shown(name) for name in plan.undeclared)
            )
        earlier = self.connection.execute(
            "select max(delivery_id) from meta.deliveries where source = ? "
            "and table_name = ? and file_name = ? and outcome = 'loaded'",
            [table.source, table.name, self.file_name],
        ).fetchall()[0][0]
        if earlier is not None:
            remarks.append(
                f"the name was delivered before (delivery {earlier}) with "
                "other content; the rows of both are kept"
            )
        if not remarks:
            return None
        return f"{self.file_name}: {'; '.join(remarks)}."

    def _loaded_before(
        self, table: TableSpec, content_hash: str
    ) -> tuple[int, int, list[str]] | None:
        rows = self.connection.execute(
            "select delivery_id, count_rows, file_name from meta.deliveries "
            "where source = ? and table_name = ? and content_hash = ? "
            "and outcome = 'loaded' order by delivery_id",
            [table.source, table.name, content_hash],
        ).fetchall()
        if not rows:
            return None
        return rows[0][0], rows[0][1], [row[2] for row in rows]

    def _note(self, outcome: FileOutcome) -> FileOutcome:
        """Write an outcome that loads nothing, once per name and content."""
        known = self.connection.execute(
            "select min(delivery_id) from meta.deliveries where source = ? "
            "and file_name = ? and content_hash = ? and outcome = ?",
            [
                outcome.source,
                outcome.file_name,
                outcome.content_hash,
                outcome.outcome,
            ],
        ).fetchall()[0][0]
        if known is not None:
            return replace(outcome, delivery_id=known)
        outcome = replace(
            outcome, delivery_id=_next_delivery_id(self.connection)
        )
        self._write_ledger(outcome)
        return outcome

    def _write_ledger(self, outcome: FileOutcome) -> None:
        self.connection.execute(
            "insert into meta.deliveries (delivery_id, source, table_name, "
            "file_name, content_hash, size_bytes, count_rows, delivered_at, "
            "outcome, message, run_id) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                outcome.delivery_id,
                outcome.source,
                outcome.table,
                outcome.file_name,
                outcome.content_hash,
                outcome.size_bytes,
                outcome.count_rows,
                self.delivered_at,
                outcome.outcome,
                outcome.message,
                self.run_id,
            ],
        )

    def _refuse_names_not_text(self) -> None:
        try:
            str(self.path).encode("utf-8")
        except UnicodeEncodeError as error:
            raise _RefusedError(
                "the name of the file or of its folder is not UTF-8: rename it."
            ) from error


def _vanished(error: OSError) -> str:
    return (
        f"vanished or cannot be read ({error.strerror or error}). Put it "
        "back, and see that this user may read it."
    )


def _is_the_files_fault(error: duckdb.Error, path: Path) -> bool:
    """Tell a bad file from a warehouse that fails."""
    if isinstance(error, NOT_THE_FILES_FAULT):
        return False
    text = str(error)
    return not isinstance(error, duckdb.IOException) or (
        "No space left" not in text and (_extension(path.name) or "") in text
    )


def match_table(file_name: str, spec: SourceSpec) -> TableSpec | None:
    """Return the table whose file this is, or None.

    A file belongs to the table it is named after, also with something behind
    the name (``orders_2026-07.csv``); the longest table name wins. Files in a
    sub-folder belong to the table that the folder is named after.
    """
    extension = _extension(file_name)
    if extension is None:
        return None
    *folders, name = file_name.lower().split("/")
    stem = folders[0] if folders else name[: -len(extension)]
    for table in sorted(spec.tables, key=lambda one: -len(one.name)):
        if stem == table.name or (
            not folders
            and stem.startswith(table.name)
            and stem[len(table.name)] in "_-. ("
        ):
            return table
    return None


def _extension(file_name: str) -> str | None:
    for extension in sorted(FORMATS, key=len, reverse=True):
        if file_name.lower().endswith(extension):
            return extension
    return None


def _no_table(file_name: str, spec: SourceSpec) -> str:
    tables = ", ".join(spec.table_names)
    if _extension(file_name) is None:
        return (
            "has an extension that is not read. Deliver one of "
            f"{', '.join(sorted(FORMATS))}; a table of {spec.name} is one of "
            f"{tables}."
        )
    first = file_name.lower().split("/")[0]
    stem = re.split(r"[-. (]", first)[0]
    near = difflib.get_close_matches(stem, spec.table_names, 1, 0.7)
    hint = f" Did you mean {near[0]}?" if near else ""
    return (
        f"belongs to no table of {spec.name}. Begin its name, or name its "
        f"folder, with one of {tables}.{hint}"
    )


def _delivered_files(folder: Path) -> list[Path]:
    """Return the finished files below a folder, sorted by their names."""
    found = []
    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if name[0] not in "._"]
        found += [
            Path(root, name)  # refused: what it leads to may change unseen
            for name in folders
            if Path(root, name).is_symlink()
        ]
        found += [
            Path(root, name)
            for name in names
            if name[0] not in "._" and not name.lower().endswith(UNFINISHED)
        ]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _fingerprint(path: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file's bytes."""
    if path.exists() and not path.is_file():
        raise OSError("it is no ordinary file")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


# -- the warehouse's side ---------------------------------------------------


def _next_delivery_id(connection: duckdb.DuckDBPyConnection) -> int:
    rows = connection.execute(
        "select coalesce(max(delivery_id), 0) + 1 from meta.deliveries"
    ).fetchall()
    return int(rows[0][0])


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


def _raw_columns(
    connection: duckdb.DuckDBPyConnection, table: TableSpec
) -> dict[str, str]:
    """Return the columns of a raw table and their types; empty if missing."""
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? "
        "and table_name = ? order by column_index",
        [RAW_SCHEMA, table.raw_name],
    ).fetchall()
    return dict(rows)


def _has_rows(connection: duckdb.DuckDBPyConnection, table: TableSpec) -> bool:
    rows = connection.execute(
        f"select count(*) from {table.relation}"
    ).fetchall()
    return bool(rows[0][0])


def _refuse_foreign_table(table: TableSpec, found: Mapping[str, str]) -> None:
    missing = [name for name in LINEAGE_COLUMNS if name not in found]
    if missing:
        raise DeliveryError(
            f"The table {table.relation} lacks {', '.join(missing)}: it was "
            "not made by a delivery. Rename or drop it in the warehouse."
        )


def _select_list(table: TableSpec, columns: Mapping[str, str]) -> str:
    """Return the columns of a raw table as expressions, in their order."""
    declared = [
        f"{columns.get(name, f'null::{_TEXT}')} as {_identifier(name)}"
        for name in table.column_names
    ]
    lineage = [
        f"null::{data_type} as {_identifier(name)}"
        for name, data_type in LINEAGE_COLUMNS.items()
    ]
    return ", ".join((*declared, *lineage))


def _prepare_table(
    connection: duckdb.DuckDBPyConnection, table: TableSpec, plan: _Plan
) -> dict[str, str]:
    """Make the raw table fit the file; return its columns and types.

    An empty table is made anew with the file's types. In a table with rows, a
    column whose type differs from the file's becomes text. Either is
    committed before rows are loaded: DuckDB 2.0 hides rows, until the file is
    opened again, from the connection that drops, creates and fills a table
    in one transaction.
    """
    found = _raw_columns(connection, table)
    _refuse_foreign_table(table, found)
    if not _has_rows(connection, table):
        with _transaction(connection):
            connection.execute(f"drop table {table.relation}")
            connection.execute(
                f"create table {table.relation} as select "
                f"{_select_list(table, plan.columns)} from {plan.relation} "
                "limit 0"
            )
        return _raw_columns(connection, table)
    for name, data_type in plan.types.items():
        if found[name] not in (data_type, "VARCHAR"):
            connection.execute(
                f"alter table {table.relation} alter column "
                f"{_identifier(name)} set data type {_TEXT}"
            )
    return _raw_columns(connection, table)


# -- how a file is read -----------------------------------------------------


@dataclass(frozen=True)
class _Scan:
    """What one look through a text file found."""

    header: bytes
    has_bom: bool
    is_crlf: bool
    count_line_ends: int
    count_blank: int
    count_commas: int


@dataclass(frozen=True)
class _File:
    """A file that was looked through, and the path DuckDB reads it by."""

    path: Path
    kind: str
    scan: _Scan | None

    @property
    def options(self) -> str:
        """Options that every reader of text gets."""
        packed = "gzip" if self.path.suffix.lower() == ".gz" else "none"
        return f"compression = '{packed}', hive_partitioning = false"


@contextmanager
def _readable_by_duckdb(
    path: Path, file_name: str, scratch: Path, limit: int
) -> Iterator[_File]:
    """Look through a file and yield it under a path that DuckDB can read.

    DuckDB takes ``*``, ``?`` and ``[`` in a path as a pattern; such a file is
    reached through a link with a plain name. Its JSON reader knows no byte
    order mark; such a file is copied without.
    """
    extension = _extension(file_name) or ""
    kind = FORMATS[extension]
    scan = None
    if kind == "parquet":
        _check_parquet_magic(path)
    else:
        scan = _scan_text(path, kind, limit)
    strip_bom = kind == "jsonl" and scan is not None and scan.has_bom
    if not strip_bom and not re.search(r"[*?\[]", str(path)):
        yield _File(path, kind, scan)
        return
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    suffix = ".jsonl" if strip_bom else extension
    stand_in = scratch / f"delivery-{digest}{suffix}"
    stand_in.unlink(missing_ok=True)
    try:
        if strip_bom:
            descriptor = os.open(
                stand_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
            )
            with os.fdopen(descriptor, "wb") as copy:
                skip = len(codecs.BOM_UTF8)
                for chunk in _chunks(path, limit):
                    copy.write(chunk[skip:])
                    skip = 0
        else:
            stand_in.symlink_to(path.absolute())
        yield _File(stand_in, kind, scan)
    finally:
        stand_in.unlink(missing_ok=True)


def _plan(
    connection: duckdb.DuckDBPyConnection,
    file: _File,
    table: TableSpec,
    spec: SourceSpec,
) -> _Plan:
    """Return how a file is read into a table, or refuse it."""
    if file.kind == "parquet":
        return _plan_parquet(connection, file, table, spec)
    if file.kind == "jsonl":
        return _plan_jsonl(connection, file, table, spec)
    return _plan_csv(file, table, spec)


def _plan_csv(file: _File, table: TableSpec, spec: SourceSpec) -> _Plan:
    scan = file.scan
    assert scan is not None
    names = _header_names(scan.header, table)
    undeclared = _check_columns(names, table, spec)
    count_records = scan.count_line_ends
    if len(names) > 1:
        count_records -= scan.count_blank
    if scan.count_commas != count_records * (len(names) - 1):
        raise _RefusedError(_ragged(file.path, len(names)))
    columns = ", ".join(f"'c{i}': '{_TEXT}'" for i in range(len(names)))
    # DuckDB 2.0 reads no row, and says nothing, from files with CRLF when it
    # is told new_line; with LF it must be told, for it believes the first
    # line end that it meets, also one inside a field.
    new_line = "" if scan.is_crlf else r", new_line = '\n'"
    relation = (
        f"read_csv({_literal(file.path)}, columns = {{{columns}}}, "
        "auto_detect = false, header = true, delim = ',', quote = '\"', "
        "escape = '\"', strict_mode = true, null_padding = false, "
        "ignore_errors = false, nullstr = '', allow_quoted_nulls = false, "
        f"encoding = 'utf-8'{new_line}, {file.options})"
    )
    expressions = {
        name: f"c{names.index(name)}"
        for name in table.column_names
        if name in names
    }
    return _Plan(
        relation=relation,
        columns=expressions,
        types=dict.fromkeys(expressions, "VARCHAR"),
        row_number="row_number() over ()",
        count_rows=count_records - 1,
        undeclared=undeclared,
    )


def _plan_jsonl(
    connection: duckdb.DuckDBPyConnection,
    file: _File,
    table: TableSpec,
    spec: SourceSpec,
) -> _Plan:
    scan = file.scan
    assert scan is not None
    objects = f"read_ndjson_objects({_literal(file.path)}, {file.options})"
    # One scan: the keys of all objects, and null for what is no object.
    keys = connection.execute(
        "select distinct unnest(case when json_type(json) = 'OBJECT' "
        f"then json_keys(json) else [null] end) as name from {objects} "
        "order by name"
    ).fetchall()
    names = [row[0] for row in keys]
    if None in names:
        raise _RefusedError(_bad_json(file.path))
    if not names:
        raise _RefusedError(
            "holds no record, so its columns cannot be known: deliver it when "
            "there are records, or deliver a CSV with its header alone."
        )
    undeclared = _check_columns(names, table, spec)
    found = [name for name in table.column_names if name in names]
    columns = ", ".join(f"'{name}': '{_TEXT}'" for name in found)
    return _Plan(
        relation=(
            f"read_json({_literal(file.path)}, columns = {{{columns}}}, "
            "format = 'newline_delimited', records = true, "
            f"ignore_errors = false, {file.options})"
        ),
        columns={name: _identifier(name) for name in found},
        types=dict.fromkeys(found, "VARCHAR"),
        row_number="row_number() over ()",
        count_rows=scan.count_line_ends - scan.count_blank,
        undeclared=undeclared,
    )


def _plan_parquet(
    connection: duckdb.DuckDBPyConnection,
    file: _File,
    table: TableSpec,
    spec: SourceSpec,
) -> _Plan:
    path = _literal(file.path)
    options = "hive_partitioning = false"
    described = connection.execute(
        f"describe select * from read_parquet({path}, {options})"
    ).fetchall()
    names = _top_names(
        connection.execute(
            f"select name, num_children from parquet_schema({path})"
        ).fetchall()
    )
    undeclared = _check_columns(names, table, spec)
    count_rows = connection.execute(
        f"select num_rows from parquet_file_metadata({path})"
    ).fetchall()[0][0]
    expressions, types = {}, {}
    # Where names differ by case alone DuckDB renames; the order is the file's.
    for name, (read_as, data_type, *_) in zip(names, described, strict=True):
        if name not in table.column_names:
            continue
        expressions[name] = _quoted(read_as)
        types[name] = data_type
        if data_type == "BLOB":  # text without the mark that it is text
            expressions[name] = f"decode({_quoted(read_as)})"
            types[name] = "VARCHAR"
    row_number = "row_number() over ()"
    if "file_row_number" not in {name.lower() for name in names}:
        row_number = "file_row_number + 1"
        options += ", file_row_number = true"
    return _Plan(
        relation=f"read_parquet({path}, {options})",
        columns=expressions,
        types=types,
        row_number=row_number,
        count_rows=int(count_rows),
        undeclared=undeclared,
    )


def _top_names(nodes: Sequence[tuple[str, int | None]]) -> list[str]:
    """Return the top-level names of a Parquet schema, given depth first."""
    names: list[str] = []
    to_come: list[int] = []  # children to come, from the root down
    for name, count_children in nodes:
        if len(to_come) == 1:
            names.append(name)
        if to_come:
            to_come[-1] -= 1
        to_come.append(count_children or 0)
        while len(to_come) > 1 and to_come[-1] == 0:
            to_come.pop()
    return names


def _check_parquet_magic(path: Path) -> None:
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        head = file.read(4)
        file.seek(max(size - 4, 0))
        tail = file.read(4)
    if size == 0:
        raise _RefusedError(_EMPTY)
    if head != b"PAR1":
        raise _RefusedError(
            "is no Parquet file, or an encrypted one: write it as plain "
            "Parquet, or give it the extension of what it is."
        )
    if tail != b"PAR1" or size < 12:
        raise _RefusedError(
            "is a Parquet file that is cut off: its end is missing. Deliver "
            "it again, whole."
        )


# -- columns ----------------------------------------------------------------


def _header_names(header: bytes, table: TableSpec) -> list[str]:
    """Return the column names of a CSV's first line."""
    text = header.decode("utf-8")
    if not text:
        raise _RefusedError(
            "has an empty first line: begin the file with the column names."
        )
    if "\n" in text or "\r" in text:
        raise _RefusedError(
            "has a line break inside a column name: write the header on one "
            "line."
        )
    try:
        names = next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise _RefusedError(
            f"has a header that is no CSV ({error}): write the column names "
            "with commas between them."
        ) from error
    declared = set(table.column_names)
    for separator in SEPARATORS:
        others = [name.strip(' "') for name in text.split(separator)]
        if len(others) > 1 and (
            len(declared & set(others)) > len(declared & set(names))
            or len(names) == 1
        ):
            raise _RefusedError(_other_separator(separator))
    return names


def _check_columns(
    names: Sequence[str], table: TableSpec, spec: SourceSpec
) -> tuple[str, ...]:
    """Return the undeclared columns; refuse missing and misnamed ones."""
    problems = [
        f"the column {_shown(name)} is there {count} times; keep one"
        for name, count in Counter(names).items()
        if count > 1 and name.strip()
    ]
    declared = table.column_names
    undeclared = [name for name in names if name not in declared]
    for column in table.columns:
        if column.name in names:
            continue
        near = _nearest(column.name, undeclared, column.is_required)
        if column.is_required:
            mend = (
                f"did you mean {_shown(near)}? Rename it to {column.name}"
                if near
                else "add it"
            )
            problems.append(
                f"the required column {column.name} is missing: {mend}"
            )
        elif near:
            problems.append(
                f"the column {_shown(near)} looks like {column.name}, which "
                f"is missing; rename it to {column.name}, or declare it "
                f"in {spec.path.name} under its own name"
            )
    if not problems and len(undeclared) == len(names):
        problems.append(
            f"no column of the table {table.name} is there; it has "
            f"{', '.join(declared)}"
        )
    if problems:
        raise _RefusedError("; ".join(problems).rstrip(".") + ".")
    return tuple(undeclared)


def _nearest(
    wanted: str, names: Sequence[str], is_required: bool
) -> str | None:
    """Return the name that was probably meant, or None.

    For a required column it is a hint and may be further off; for an optional
    one it refuses the file and must be near.
    """
    for name in names:
        if _squashed(name) == _squashed(wanted):
            return name
    by_key = {name.strip().lower(): name for name in names}
    cutoff = 0.6 if is_required else NEAR_NAME
    near = difflib.get_close_matches(wanted, list(by_key), 1, cutoff)
    return by_key[near[0]] if near else None


def _squashed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


# -- one look through a text file -------------------------------------------

_EMPTY = "is empty (zero bytes): deliver it again, whole."
_LF, _CR, _QUOTE, _COMMA = 10, 13, 34, 44
_BEFORE_QUOTE = np.zeros(256, dtype=bool)
_BEFORE_QUOTE[list(b',\n\r" \t')] = True


def _scan_text(path: Path, kind: str, limit: int) -> _Scan:
    """Look through a text file in a stream, or refuse it.

    Memory is bounded by the chunk and the longest record that is allowed,
    whatever a compressed file unpacks to.
    """
    scanner = _Scanner(path.name, kind)
    for chunk in _chunks(path, limit):
        scanner.feed(chunk)
    return scanner.finish()


def _chunks(path: Path, limit: int) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file."""
    is_gzip = path.name.lower().endswith(".gz")
    unpacked = 0
    with path.open("rb") as raw:
        file: IO[bytes] = raw
        if is_gzip:
            file = gzip.GzipFile(fileobj=raw)  # type: ignore[assignment]
        try:
            while chunk := file.read(CHUNK_BYTES):
                unpacked += len(chunk)
                if is_gzip and unpacked > limit:
                    raise _RefusedError(
                        f"unpacks to more than {limit:,} bytes: split it into "
                        "files that do not."
                    )
                yield chunk
        except EOFError as error:
            raise _RefusedError(
                "is a gzip file that is cut off: deliver it again, whole."
            ) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise _RefusedError(
                f"is no sound gzip file ({error}): pack it again, or drop "
                ".gz from its name if it is not packed."
            ) from error


class _Scanner:
    """Counts records and commas; finds what DuckDB would read wrongly.

    A byte is inside a quoted field when the quotes up to it are odd in
    number: so it is in every file of the dialect, because a quote inside a
    field is written twice.
    """

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.is_csv = kind == "csv"
        self.max_record = MAX_RECORD_BYTES[kind]
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.has_bom = False
        self.offset = 0  # bytes seen, without the byte order mark
        self.lines = 0  # line feeds seen, quoted ones too
        self.is_open = np.uint8(0)  # 1 inside a quoted field
        self.last_byte = _LF
        self.last_end = -1  # position of the last record's line feed
        self.head: list[bytes] = []
        self.header: bytes | None = None
        self.line_ends = self.blank = self.commas = self.cr = self.crlf = 0

    def feed(self, chunk: bytes) -> None:
        """Look through the next bytes."""
        if self.offset == 0 and not self.has_bom:
            self._refuse_other_kinds(chunk)
            self.has_bom = chunk.startswith(codecs.BOM_UTF8)
            if self.has_bom:
                chunk = chunk[len(codecs.BOM_UTF8) :]
        if not chunk:
            return
        self._refuse_other_encodings(chunk)
        bytes_ = np.frombuffer(chunk, dtype=np.uint8)
        before = np.empty_like(bytes_)
        before[0], before[1:] = self.last_byte, bytes_[:-1]
        line_feeds, returns = bytes_ == _LF, bytes_ == _CR
        if self.is_csv:
            commas = bytes_ == _COMMA
            quotes = bytes_ == _QUOTE
            if self.is_open or quotes.any():
                inside = np.bitwise_xor.accumulate(quotes.view(np.uint8))
                inside ^= self.is_open
                opening = quotes & (inside == 1)
                self._refuse_stray(opening & ~_BEFORE_QUOTE[before], chunk)
                outside = inside == 0
                line_feeds &= outside
                returns &= outside
                commas &= outside
                self.is_open = inside[-1]
            self.commas += int(np.count_nonzero(commas))
        ends = np.flatnonzero(line_feeds)
        after_return = before[ends] == _CR
        lengths = np.diff(ends + self.offset, prepend=self.last_end) - 1
        self.line_ends += len(ends)
        self.blank += int(
            np.count_nonzero((lengths == 0) | ((lengths == 1) & after_return))
        )
        self.cr += int(np.count_nonzero(returns))
        self.crlf += int(np.count_nonzero(after_return))
        self._keep_header(chunk, ends)
        self.lines += chunk.count(b"\n")
        if len(ends):
            self.last_end = int(ends[-1]) + self.offset
        self.offset += len(chunk)
        self.last_byte = chunk[-1]
        longest = max(
            int(lengths.max(initial=0)), self.offset - self.last_end - 1
        )
        if longest > self.max_record:
            raise _RefusedError(
                f"has a record of more than {self.max_record:,} bytes, near "
                f"line {self.lines + 1}: probably a quote is missing; "
                "otherwise shorten the text."
            )

    def finish(self) -> _Scan:
        """Return the counts, or refuse what is not whole."""
        if self.offset == 0:
            raise _RefusedError(_EMPTY)
        try:
            self.decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise _RefusedError(
                "ends in the middle of a letter: it is half-written. Deliver "
                "it again, whole."
            ) from error
        if self.is_open:
            raise _RefusedError(
                "ends inside a quoted field: it is half-written, or a quote "
                "is missing. Deliver it again, whole; a quote inside a field "
                "is written twice."
            )
        if self.is_csv and self.cr and not self.line_ends:
            raise _RefusedError(
                "has the line ends of an old Mac (CR): save it with LF or CRLF."
            )
        if self.last_byte != _LF:
            raise _RefusedError(
                f"does not end with a line end (line {self.lines + 1}): it is "
                "half-written. Deliver it again, whole; if it is whole, end "
                "its last line with a line end."
            )
        if self.is_csv and (
            self.cr != self.crlf or self.crlf not in (0, self.line_ends)
        ):
            raise _RefusedError(
                f"mixes line ends ({self.crlf} CRLF, "
                f"{self.line_ends - self.crlf} LF, {self.cr - self.crlf} CR): "
                "save it with one kind, or quote the fields that hold line "
                "ends."
            )
        return _Scan(
            header=self.header or b"",
            has_bom=self.has_bom,
            is_crlf=self.crlf > 0,
            count_line_ends=self.line_ends,
            count_blank=self.blank,
            count_commas=self.commas,
        )

    def _keep_header(self, chunk: bytes, ends: np.ndarray) -> None:
        if self.header is not None or not self.is_csv:
            return
        if not len(ends):
            self.head.append(chunk)
            return
        self.head.append(chunk[: ends[0]])
        self.header = b"".join(self.head).removesuffix(b"\r")
        self.head = []

    def _refuse_other_kinds(self, chunk: bytes) -> None:
        for magic, mend in MAGICS.items():
            if chunk.startswith(magic):
                raise _RefusedError(f"is {mend}.")
        wide = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        start = chunk[:4096]
        if start.startswith(wide) or start.count(0) > len(start) // 4:
            raise _RefusedError(
                "is UTF-16, not UTF-8. Convert it: iconv -f UTF-16 -t UTF-8 "
                f"{_shown(self.name)} > new file."
            )

    def _refuse_other_encodings(self, chunk: bytes) -> None:
        if (at := chunk.find(0)) >= 0:
            raise _RefusedError(
                f"holds a NUL byte on line {self._line(chunk, at)}: it is "
                "damaged or no text. Export it again."
            )
        pending = len(self.decoder.getstate()[0])
        if not pending and chunk.isascii():
            return
        try:
            self.decoder.decode(chunk)
        except UnicodeDecodeError as error:
            at = max(error.start - pending, 0)
            raise _RefusedError(
                f"is not UTF-8: line {self._line(chunk, at)} holds the byte "
                f"0x{error.object[error.start]:02X}; it is probably Latin-1 "
                "(Windows-1252). Convert it: iconv -f WINDOWS-1252 -t UTF-8 "
                f"{_shown(self.name)} > new file."
            ) from error

    def _refuse_stray(self, stray: np.ndarray, chunk: bytes) -> None:
        if stray.any():
            at = int(np.argmax(stray))
            first_line = self.header or chunk.split(b"\n", 1)[0]
            before = chunk[at - 1 : at].decode("latin-1")
            if before in SEPARATORS and before.encode() in first_line:
                raise _RefusedError(_other_separator(before))
            raise _RefusedError(
                f"has a quote inside a field on line {self._line(chunk, at)}: "
                "put the field in quotes and write the quote inside it twice "
                '("5"" pipe"), not with a backslash.'
            )

    def _line(self, chunk: bytes, at: int) -> int:
        return self.lines + chunk.count(b"\n", 0, at) + 1


# -- what a refusal says ----------------------------------------------------
# Messages go to logs and screens: they name lines and columns, never values.

_LOOK_AT_MOST = 5_000_000


def _other_separator(separator: str) -> str:
    return (
        f"is separated by {SEPARATORS[separator]}, not by commas: export it "
        "as CSV with commas (in Python: df.to_csv(path, index=False))."
    )


def _ragged(path: Path, count_columns: int) -> str:
    """Name the first line that has not as many fields as the header."""
    where = "some line has not"
    try:
        with _opened_text(path) as lines:
            reader = csv.reader(lines, strict=True)
            for row in islice(reader, _LOOK_AT_MOST):
                if row and len(row) != count_columns:
                    where = f"line {reader.line_num} has {len(row)} fields, not"
                    break
    except csv.Error:
        pass
    return (
        f"is ragged: {where} the {count_columns} of the header. Put fields "
        "that hold a comma in quotes, or mend that line."
    )


def _bad_json(path: Path) -> str:
    """Name the first line that is no JSON object."""
    where = "some line"
    with _opened_text(path) as lines:
        for number, line in enumerate(islice(lines, _LOOK_AT_MOST), 1):
            if line.strip() and not _is_json_object(line):
                where = f"line {number}"
                break
    return (
        f"is no JSON lines: {where} is not one whole JSON object with each "
        "key once. Write one object per line, without a list around them."
    )


def _is_json_object(line: str) -> bool:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        return isinstance(json.loads(line, object_pairs_hook=once), dict)
    except (ValueError, RecursionError):
        return False


def _opened_text(path: Path) -> IO[str]:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _explained(text: str, path: Path) -> str:
    """Say in our words why DuckDB could not read a file."""
    kind = FORMATS[_extension(path.name) or ".csv"]
    if kind == "jsonl":
        return _bad_json(path)
    if kind == "parquet":
        reason = text.splitlines()[0][:160]
        return (
            f"is a damaged Parquet file ({reason}). Write it again and "
            "deliver it anew."
        )
    line = re.search(r"CSV Error on Line: (\d+)", text)
    where = f" on line {line[1]}" if line else ""
    fields = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if fields:
        return (
            f"is ragged{where}: {fields[2]} fields, the header has "
            f"{fields[1]}. Mend that line."
        )
    if "quote" in text and line:
        return (
            f"has a quote that does not close as it must{where}. Write a "
            "quote inside a field twice, not with a backslash; after the "
            "closing quote comes a comma or the line end."
        )
    return (
        f"is not in the dialect that is read{where}: commas, double quotes, "
        "a quote inside a field written twice, UTF-8. Export it again."
    )


# -- text for SQL and for people --------------------------------------------


def _identifier(name: str) -> str:
    """Return a declared name as an identifier; specs let no other in."""
    return f'"{name}"'


def _quoted(name: str) -> str:
    """Return any name as an identifier."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _literal(path: Path) -> str:
    escaped = str(path).replace("'", "''")
    return f"'{escaped}'"


def _shown(name: str) -> str:
    """Return a name from a file as it may stand in a message."""
    return repr(name if len(name) <= 60 else name[:57] + "...")


def _readable(name: str) -> str:
    """Return a file's name as text, also when its bytes are not UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")
