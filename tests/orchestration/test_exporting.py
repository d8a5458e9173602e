"""Exports: what spreadsheets open, with formulas made harmless."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from homes import make_home

from orchestration.lib.exporting import (
    FORMULA_STARTS,
    ExportError,
    ExportFormat,
    export_tables,
)

DANGEROUS = [f"{start}cmd|' /C calc'!A1" for start in FORMULA_STARTS]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a published file with one table of every kind of cell."""
    path = tmp_path_factory.mktemp("published") / "personas.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema bi")
        connection.execute(
            "create table bi.cells (text varchar, amount decimal(18, 4), "
            "share double, day date, moment timestamp, is_new boolean)"
        )
        connection.executemany(
            "insert into bi.cells values (?, -1.5, 0.25, date '2026-06-30', "
            "timestamp '2026-06-30 12:00:00', true)",
            [[text] for text in [*DANGEROUS, "safe - and = sound"]],
        )
        connection.execute(
            "insert into bi.cells values (null, null, null, null, null, null)"
        )
        connection.execute("create table bi.other as select 1 as one")
    return path


def test_csv_neutralises_formulas_and_leaves_numbers(
    published: Path, tmp_path: Path
):
    cells, other = export_tables(published, tmp_path, ExportFormat.csv)
    assert (cells.name, other.name) == ("cells.csv", "other.csv")
    assert cells.read_bytes().startswith(b"\xef\xbb\xbf")
    with cells.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [
        *("'" + text for text in DANGEROUS),
        "safe - and = sound",
        "",
    ]
    assert {row["amount"] for row in rows} == {"-1.5000", ""}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cells.csv",
        "other.csv",
    ]


def test_workbook_has_harmless_text_and_true_numbers(
    published: Path, tmp_path: Path
):
    (path,) = export_tables(published, tmp_path, ExportFormat.xlsx)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["cells", "other"]
    header, *rows = book["cells"].iter_rows()
    assert book["cells"].auto_filter.ref == f"A1:F{len(DANGEROUS) + 3}"
    assert [cell.value for cell in header][:2] == ["text", "amount"]
    for row, text in zip(rows, DANGEROUS, strict=False):
        assert row[0].value == "'" + text.replace("\r", "_x000D_")
        assert row[0].data_type == "s"
        assert row[1].value == -1.5
        assert row[1].data_type == "n"
        assert row[1].number_format == "#,##0.00"
        assert row[2].value == 0.25
        assert row[3].value == datetime(2026, 6, 30)
        assert row[4].value == datetime(2026, 6, 30, 12)
        assert row[5].value is True
    assert rows[len(DANGEROUS)][0].value == "safe - and = sound"
    assert len(rows) == len(DANGEROUS) + 1  # nothing in the last: no cells


def test_parquet_is_copied_as_it_is(published: Path, tmp_path: Path):
    (path,) = export_tables(
        published, tmp_path, ExportFormat.parquet, ["cells"]
    )
    found = duckdb.sql(f"select * from '{path}'").fetchall()
    assert found[0] == (
        DANGEROUS[0],
        Decimal("-1.5000"),
        0.25,
        date(2026, 6, 30),
        datetime(2026, 6, 30, 12),
        True,
    )
    assert len(found) == len(DANGEROUS) + 2


def test_a_table_that_is_not_there_is_named(published: Path, tmp_path: Path):
    with pytest.raises(ExportError, match=r"no published table cell\..*other"):
        export_tables(published, tmp_path, ExportFormat.csv, ["cell"])
    assert not list(tmp_path.iterdir())


def test_a_table_too_long_for_a_sheet_is_named(tmp_path: Path):
    path = tmp_path / "long.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema bi")
        connection.execute(
            "create table bi.long as select range as id from range(1048576)"
        )
    with pytest.raises(ExportError, match="long has 1,048,576 rows"):
        export_tables(path, tmp_path / "out", ExportFormat.xlsx)


def test_the_command_says_what_is_missing(tmp_path: Path):
    said = make_home(tmp_path, "template").persona("export")
    assert said.exit_code == 1
    assert "start `persona run` first" in said.output
    assert "Traceback" not in said.output
