"""Parquet: columns keep their types; the file says how many rows it has."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.lib.delivery.outcomes import RefusedError
from orchestration.lib.delivery.plans import (
    TEXT,
    Plan,
    check_columns,
    path_literal,
    quoted,
)
from orchestration.lib.delivery.text_files import EMPTY
from orchestration.lib.source_specs import TableSpec


def plan_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, table: TableSpec
) -> Plan:
    """Return how a Parquet file is read into a table, or refuse it.

    Of two names that differ by case alone DuckDB renames the second.
    """
    if path.stat().st_size == 0:
        raise RefusedError(EMPTY)
    relation = f"read_parquet({path_literal(path)}, hive_partitioning = false)"
    described = connection.execute(f"describe from {relation}").fetchall()
    types = {name: data_type for name, data_type, *_ in described}
    undeclared = check_columns(list(types), table)
    count_rows = connection.execute(
        f"select num_rows from parquet_file_metadata({path_literal(path)})"
    ).fetchall()[0][0]
    columns = {}
    for name in types.keys() - set(undeclared):
        columns[name] = (quoted(name), types[name])
        if types[name] == "BLOB":  # text without the mark that it is text
            columns[name] = (f"decode({quoted(name)})", TEXT)
    return Plan(relation, columns, int(count_rows), undeclared)


def explain_parquet(reason: str) -> str:
    """Say that a Parquet file cannot be read."""
    return (
        "is no Parquet file, or a damaged Parquet file "
        f"({reason.splitlines()[0][:160]}). Write it again and deliver it "
        "anew, or give it the extension of what it is."
    )
