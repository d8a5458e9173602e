"""Exports: published tables as files that spreadsheets open.

A cell of text that a spreadsheet would run as a formula is made harmless by an
apostrophe before it, as OWASP advises; numbers, dates and truth values are
written as such. Parquet is for programs and is copied as it is.
"""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.published import open_published, table_names
from orchestration.lib.publishing_tables import DATA_DICTIONARY, quoted

# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HARMLESS_SQL = (
    "case when regexp_matches({column}, '^[-=+@\t\r\n＝＋－＠]') "
    "then chr(39) || {column} else {column} end as {column}"
)
COUNT_FETCHED = 10_000
MAX_SHEET_ROWS = 1_048_576  # Excel's, the header among them
MAX_SHEET_NAME = 31
# Where to begin, then what the columns mean; the others by name.
FIRST_SHEETS = ("personas_overview", DATA_DICTIONARY)
MAX_CELL_CHARACTERS = 32_767


class ExportError(ValueError):
    """Nothing was exported; the message names the table and the mend."""


class ExportFormat(StrEnum):
    """What an export is written as."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"


def harmless(value: Any) -> Any:
    """Return a cell's value that no spreadsheet runs as a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def export_tables(
    published_path: Path,
    folder: Path,
    file_format: ExportFormat,
    tables: Sequence[str] = (),
) -> list[Path]:
    """Write published tables into a folder.

    Parameters
    ----------
    published_path : Path
        The published file; it is opened read-only.
    folder : Path
        Made where it does not exist; files of the same name are replaced.
    file_format : ExportFormat
        ``csv`` and ``parquet`` give a file per table, ``xlsx`` one workbook
        ``personas.xlsx`` with a sheet per table.
    tables : sequence of str
        Names of published tables; all where none is given.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ExportError
        When nothing is published, a table is not among those published, or a
        table is too long for a sheet.
    """
    if not published_path.exists():
        raise ExportError(
            f"{published_path} does not exist: start `persona run` first."
        )
    with open_published(published_path) as connection:
        known = table_names(connection)
        unknown = sorted(set(tables) - set(known))
        if unknown:
            raise ExportError(
                f"There is no published table {', '.join(unknown)}. There are: "
                f"{', '.join(known)}."
            )
        chosen = [name for name in known if name in tables or not tables]
        folder.mkdir(parents=True, exist_ok=True)
        if file_format is ExportFormat.xlsx:
            return [_write_workbook(connection, chosen, folder)]
    write = _write_csv if file_format is ExportFormat.csv else _copy_parquet
    return [write(published_path, name, folder) for name in chosen]


def _rows(
    connection: duckdb.DuckDBPyConnection, table: str
) -> Iterator[Sequence[Any]]:
    """Yield the names of the columns, then the rows."""
    cursor = connection.execute(f"select * from bi.{quoted(table)}")
    yield [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(COUNT_FETCHED):
        yield from rows


def _write_csv(published_path: Path, table: str, folder: Path) -> Path:
    """Write UTF-8, with the mark by which Excel knows it."""
    path = folder / f"{table}.csv"
    draft = path.with_suffix(".csv.part")
    with _attached(published_path) as connection:
        described = connection.execute(
            f"describe published.bi.{quoted(table)}"
        ).fetchall()
        selected = ", ".join(
            HARMLESS_SQL.format(column=quoted(name))
            if data_type == "VARCHAR"
            else quoted(name)
            for name, data_type, *_ in described
        )
        connection.execute(
            f"copy (select {selected} from published.bi.{quoted(table)}) "
            f"to '{_escaped(draft)}' (format csv, header)"
        )
    with draft.open("rb") as plain, path.open("wb") as marked:
        marked.write(codecs.BOM_UTF8)
        shutil.copyfileobj(plain, marked)
    draft.unlink()
    return path


def _write_workbook(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[str], folder: Path
) -> Path:
    from xlsxwriter import Workbook

    for table in tables:
        counted = connection.execute(
            f"select count(*) from bi.{quoted(table)}"
        ).fetchone()
        count = counted[0] if counted else 0
        if count >= MAX_SHEET_ROWS:
            raise ExportError(
                f"{table} has {count:,} rows and a sheet holds "
                f"{MAX_SHEET_ROWS - 1:,}: export it as csv or parquet, and the "
                "others with --table."
            )
    path = folder / "personas.xlsx"
    draft = path.with_suffix(".xlsx.part")
    first = {name: place for place, name in enumerate(FIRST_SHEETS)}
    ordered = sorted(
        tables, key=lambda name: (first.get(name, len(first)), name)
    )
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
    }
    with Workbook(str(draft), options) as book:
        heading = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        share = book.add_format({"num_format": "0.0%"})
        amount = book.add_format({"num_format": "#,##0.00"})
        for table in ordered:
            sheet = book.add_worksheet(table[:MAX_SHEET_NAME])
            sheet.freeze_panes(1, 0)
            names: Sequence[str] = ()
            for number, row in enumerate(_rows(connection, table)):
                for place, value in enumerate(row):
                    if value is None:
                        continue
                    if number == 0:
                        names = row
                        sheet.set_column(place, place, len(value) + 4)
                        sheet.write_string(0, place, value, heading)
                    elif isinstance(value, str):
                        text = harmless(value)[:MAX_CELL_CHARACTERS]
                        sheet.write_string(number, place, text)
                    elif isinstance(value, datetime):
                        sheet.write_datetime(number, place, value, moment)
                    elif hasattr(value, "isoformat"):
                        sheet.write_datetime(number, place, value, day)
                    elif isinstance(value, Decimal):
                        sheet.write_number(number, place, value, amount)
                    elif names[place].endswith("_share"):
                        sheet.write_number(number, place, value, share)
                    else:
                        sheet.write(number, place, value)
            sheet.autofilter(0, 0, max(number, 1), max(len(names) - 1, 0))
    draft.replace(path)
    return path


def _copy_parquet(published_path: Path, table: str, folder: Path) -> Path:
    path = folder / f"{table}.parquet"
    draft = path.with_suffix(".parquet.part")
    with _attached(published_path) as connection:
        connection.execute(
            f"copy published.bi.{quoted(table)} "
            f"to '{_escaped(draft)}' (format parquet, compression zstd)"
        )
    draft.replace(path)
    return path


@contextmanager
def _attached(published_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that reads the published file and writes others."""
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{_escaped(published_path)}' as published (read_only)"
        )
        yield connection


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
