"""The tables that Python owns, and the file they lie in."""

from __future__ import annotations

import stat
from pathlib import Path

import duckdb
import yaml

from orchestration.lib.settings import DBT_PROJECT, Settings
from orchestration.lib.warehouse import open_warehouse

META_SOURCES = DBT_PROJECT / "models" / "ml" / "_meta__sources.yml"
ML_SOURCES = DBT_PROJECT / "models" / "ml" / "_ml__sources.yml"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_model_tables_are_as_dbt_declares_them(tmp_path: Path) -> None:
    settings = Settings(tmp_path, ("sample_company",))
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select table_name, column_name, lower(data_type) "
            "from duckdb_columns() where schema_name = 'ml' "
            "order by table_name, column_index"
        ).fetchall()
    made: dict[str, list[tuple[str, str]]] = {}
    for table, column, data_type in rows:
        made.setdefault(table, []).append((column, data_type))
    (source,) = yaml.safe_load(ML_SOURCES.read_text())["sources"]
    declared = {
        table["name"]: [
            (column["name"], column["data_type"]) for column in table["columns"]
        ]
        for table in source["tables"]
    }
    assert made == declared


def test_results_of_the_gates_are_as_dbt_declares_them(tmp_path: Path) -> None:
    """`dbt build` alone may make the table before a run fills it."""
    settings = Settings(tmp_path, ("sample_company",))
    with open_warehouse(settings) as connection:
        made = connection.execute(
            "select column_name, lower(data_type) from duckdb_columns() "
            "where schema_name = 'meta' "
            "and table_name = 'expectation_results' order by column_index"
        ).fetchall()
    (source,) = yaml.safe_load(META_SOURCES.read_text())["sources"]
    (declared,) = (
        [(column["name"], column["data_type"]) for column in table["columns"]]
        for table in source["tables"]
        if table["name"] == "expectation_results"
    )
    assert made == declared


def test_a_budget_of_an_earlier_version_gets_its_new_column(
    tmp_path: Path,
) -> None:
    settings = Settings(tmp_path, ("sample_company",))
    with open_warehouse(settings) as connection:
        connection.execute("create table ml.budget_totals (verdict varchar)")
    with open_warehouse(settings) as connection:
        columns = connection.execute(
            "select column_name from duckdb_columns() "
            "where table_name = 'budget_totals' order by column_index"
        ).fetchall()
    assert columns == [("verdict",), ("amount_per_held_out_customer",)]


def test_warehouse_is_private_whoever_made_it(tmp_path: Path) -> None:
    settings = Settings(tmp_path, ("sample_company",))
    with open_warehouse(settings):
        pass
    assert mode(settings.warehouse_path) == 0o600

    settings.warehouse_path.unlink()
    duckdb.connect(str(settings.warehouse_path)).close()
    settings.warehouse_path.chmod(0o644)
    with open_warehouse(settings):
        pass
    assert mode(settings.warehouse_path) == 0o600
