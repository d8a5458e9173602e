"""How the dashboard reads what is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import streamlit as st

from orchestration.dashboard.publication import (
    OutdatedError,
    RepublishedError,
    current_publication,
)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    st.cache_data.clear()
    yield
    st.cache_data.clear()


def publish(path: Path, amount: str) -> None:
    building = path.with_suffix(".new")
    with duckdb.connect(str(building)) as connection:
        connection.execute("create schema bi")
        connection.execute(
            "create table bi.sums as select 'P01' as persona_id, "
            f"{amount} as amount, 'nan'::double as ratio"
        )
    building.replace(path)


def test_nothing_published_is_none(tmp_path: Path) -> None:
    assert current_publication(tmp_path / "personas.duckdb") is None


def test_amounts_are_floats_and_no_number_is_none(tmp_path: Path) -> None:
    path = tmp_path / "personas.duckdb"
    publish(path, "12.5::decimal(18, 4)")
    publication = current_publication(path)
    assert publication is not None
    row = publication.row("select * from bi.sums where persona_id = ?", "P01")
    assert row == {"persona_id": "P01", "amount": 12.5, "ratio": None}
    assert isinstance(row["amount"], float)
    assert publication.row("from bi.sums where persona_id = 'P02'") is None


def test_a_new_publication_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "personas.duckdb"
    publish(path, "1.0")
    before = current_publication(path)
    assert before is not None
    assert before.row("select amount from bi.sums") == {"amount": 1.0}
    publish(path, "2.0")
    after = current_publication(path)
    assert after is not None
    assert after != before
    assert after.row("select amount from bi.sums") == {"amount": 2.0}
    # What is kept may be shown; what is not must not mix with the new one.
    assert before.row("select amount from bi.sums") == {"amount": 1.0}
    with pytest.raises(RepublishedError):
        before.row("select amount + 1 as more from bi.sums")


@pytest.mark.parametrize("query", ["from bi.nothing", "select x from bi.sums"])
def test_an_older_file_is_told(tmp_path: Path, query: str) -> None:
    path = tmp_path / "personas.duckdb"
    publish(path, "1.0")
    publication = current_publication(path)
    assert publication is not None
    with pytest.raises(OutdatedError, match="publish anew with `persona run`"):
        publication.rows(query)


def test_no_query_reaches_another_file(tmp_path: Path) -> None:
    path = tmp_path / "personas.duckdb"
    publish(path, "1.0")
    publication = current_publication(path)
    assert publication is not None
    with pytest.raises(duckdb.PermissionException):
        publication.rows("select * from read_text('/etc/hostname')")
    with pytest.raises(duckdb.InvalidInputException):
        publication.rows("delete from bi.sums")
