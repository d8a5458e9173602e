"""The raw tables: made empty, widened, and fitted to the types of a file."""

from __future__ import annotations

import duckdb

from orchestration.lib.delivery.outcomes import DeliveryError
from orchestration.lib.delivery.plans import TEXT, Plan, quoted
from orchestration.lib.source_specs import (
    LINEAGE_COLUMNS,
    RAW_SCHEMA,
    SourceSpec,
    TableSpec,
)


def ensure_raw_tables(
    connection: duckdb.DuckDBPyConnection, spec: SourceSpec
) -> None:
    """Create the raw tables that are missing, empty, all columns as text.

    Columns that the yml declares anew are added to tables that exist.
    """
    for table in spec.tables:
        declared = dict.fromkeys(table.column_names, TEXT)
        columns = ", ".join(
            f"{quoted(name)} {data_type}"
            for name, data_type in (declared | LINEAGE_COLUMNS).items()
        )
        connection.execute(
            f"create table if not exists {table.relation} ({columns})"
        )
        found = column_types(connection, table)
        missing = [name for name in LINEAGE_COLUMNS if name not in found]
        if missing:
            raise DeliveryError(
                f"The table {table.relation} lacks {', '.join(missing)}: it "
                "was not made by a delivery. Rename or drop it in the "
                "warehouse, or declare it under another schema than raw "
                "(docs/own-data.md)."
            )
        for name in table.column_names:
            if name.lower() not in found:
                connection.execute(
                    f"alter table {table.relation} "
                    f"add column {quoted(name)} {TEXT}"
                )


def tables_with_rows(
    connection: duckdb.DuckDBPyConnection, spec: SourceSpec
) -> frozenset[str]:
    """Return the names of the tables of a source that hold rows."""
    rows = connection.execute(
        "select table_name from duckdb_tables() "
        "where database_name = current_database() and schema_name = ?",
        [RAW_SCHEMA],
    ).fetchall()
    existing = {row[0] for row in rows}
    return frozenset(
        table.name
        for table in spec.tables
        if table.raw_name in existing and has_rows(connection, table)
    )


def has_rows(connection: duckdb.DuckDBPyConnection, table: TableSpec) -> bool:
    """Tell whether a raw table holds rows."""
    return bool(
        connection.execute(f"select 1 from {table.relation} limit 1").fetchall()
    )


def column_types(
    connection: duckdb.DuckDBPyConnection, table: TableSpec
) -> dict[str, str]:
    """Return the type of each column, by its name in lower case."""
    rows = connection.execute(f"describe {table.relation}").fetchall()
    return {name.lower(): data_type for name, data_type, *_ in rows}


def fit_table(
    connection: duckdb.DuckDBPyConnection, table: TableSpec, plan: Plan
) -> dict[str, str]:
    """Make the raw table fit the file; return its columns and types.

    The columns of an empty table take the types of the file. In a table with
    rows, a column whose type differs from the file's becomes text. This is
    committed before rows are loaded: DuckDB 2.0 hides rows, until the file is
    opened again, from a connection that makes and fills a table in one
    transaction.
    """
    found = column_types(connection, table)
    is_filled = has_rows(connection, table)
    for name, (_, data_type) in plan.columns.items():
        wanted = TEXT if is_filled else data_type
        if found[name.lower()] not in {data_type, wanted}:
            using = "" if is_filled else " using null"
            connection.execute(
                f"alter table {table.relation} alter column {quoted(name)} "
                f"set data type {wanted}{using}"
            )
    return column_types(connection, table)
