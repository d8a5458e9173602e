"""The file that is being built: opened, filled, commented, copied to Parquet.

The warehouse is attached to read and is where names without a database are
looked up; the new file is attached as ``building``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.lib.pseudonyms import PseudonymKey, customer_key_sql
from orchestration.lib.publishing_tables import (
    CUSTOMER_KEY,
    DATA_DICTIONARY,
    PARQUET,
    PUBLICATION,
    PublishedTable,
    PublishError,
    published_name,
    quoted,
)
from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import STORAGE_VERSION

CUSTOMER_KEY_COMMENT = (
    "Pseudonym of the customer: the same person has the same key in every "
    "table and every run. It cannot be turned back without the secret key."
)
PUBLICATION_COMMENTS = {
    "run_id": "The run that built every row of every table in this file.",
    "published_at": "When this file was published, UTC.",
    "as_of_date": "The day as of which customers were looked at.",
}
DICTIONARY_COMMENTS = {
    "table_name": "The table, in the schema bi.",
    "table_description": "What the table is, and what one row of it is.",
    "column_name": "The column.",
    "column_position": "Its place in the table, from 1.",
    "data_type": "Its type, as DuckDB names it.",
    "is_key": "Whether it is part of the table's key.",
    "description": "What it means: its unit, and when it is null.",
    "as_of_date": "The day as of which customers were looked at.",
    "run_id": "The run that wrote the table.",
}


@contextmanager
def open_building(
    settings: Settings, building: Path
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse to read, as default, and the new file to write."""
    if not settings.warehouse_path.exists():
        raise PublishError(
            [f"{settings.warehouse_path} does not exist: run the job first."]
        )
    # What spills there may be personal data.
    settings.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = building / settings.published_path.name
    with duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "temp_directory": str(settings.scratch),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    ) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"attach {_literal(settings.warehouse_path)} as warehouse "
            "(read_only)"
        )
        connection.execute(
            f"attach {_literal(file)} as building "
            f"(storage_version '{STORAGE_VERSION}')"
        )
        connection.execute("create schema building.bi")
        connection.execute("use warehouse")
        yield connection
        connection.execute("checkpoint building")
        connection.execute("use memory")
        connection.execute("detach building")


def columns_of(
    connection: duckdb.DuckDBPyConnection, database: str
) -> dict[tuple[str, str], dict[str, str]]:
    """Return, by schema and table, the columns in order with their types."""
    rows = connection.execute(
        "select schema_name, table_name, lower(column_name), data_type "
        "from duckdb_columns() where database_name = ? "
        "order by schema_name, table_name, column_index",
        [database],
    ).fetchall()
    columns: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in rows:
        columns.setdefault((schema, table), {})[column] = data_type
    return columns


def write_table(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    columns: Collection[str],
    key: PseudonymKey,
) -> None:
    """Write one table of the warehouse: pseudonyms, order and comments.

    The order is by the published key, never by customer_id: the order of ids
    would tell something of them.
    """
    selected = ", ".join(
        f"{customer_key_sql()} as {CUSTOMER_KEY}"
        if column == "customer_id"
        else quoted(column)
        for column in columns
    )
    order = ", ".join(
        str([published_name(c) for c in columns].index(column) + 1)
        for column in table.primary_key
    )
    connection.execute(
        f"create table {table.target} as select {selected} "
        f"from {table.source} order by {order}",
        key.parameters() if "customer_id" in columns else {},
    )
    comments = {
        published_name(name): column.description
        for name, column in table.columns.items()
    }
    if "customer_id" in columns:
        comments[CUSTOMER_KEY] = CUSTOMER_KEY_COMMENT
    _comment(connection, table.target, table.description, comments)


def write_publication(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    published_at: datetime,
    as_of_date: date,
) -> None:
    """Write the one row that says what this file is."""
    target = f"building.bi.{PUBLICATION}"
    connection.execute(
        f"create table {target} as select cast(? as varchar) as run_id, "
        "cast(? as timestamp) as published_at, cast(? as date) as as_of_date",
        [run_id, published_at, as_of_date],
    )
    _comment(
        connection,
        target,
        "What this file is: its run and its dates. One row.",
        PUBLICATION_COMMENTS,
    )


def write_data_dictionary(
    connection: duckdb.DuckDBPyConnection,
    tables: list[PublishedTable],
    run_id: str,
    as_of_date: date,
) -> None:
    """Write what every published column is, itself and the others.

    Tables are described by their comments, so this comes last.
    """
    target = f"building.bi.{DATA_DICTIONARY}"
    connection.execute(
        f"create table {target} (table_name varchar, table_description "
        "varchar, column_name varchar, column_position integer, data_type "
        "varchar, is_key boolean, description varchar, as_of_date date, "
        "run_id varchar)"
    )
    _comment(
        connection,
        target,
        "What each published table and column is. One row per column.",
        DICTIONARY_COMMENTS,
    )
    keys = [
        (table.name, column) for table in tables for column in table.primary_key
    ]
    keys += [(DATA_DICTIONARY, "table_name"), (DATA_DICTIONARY, "column_name")]
    connection.execute(
        f"insert into {target} "
        "select columns.table_name, coalesce(tables.comment, ''), "
        "columns.column_name, columns.column_index, columns.data_type, "
        "list_contains($keys, columns.table_name || '.' || "
        "columns.column_name), coalesce(columns.comment, ''), "
        "cast($as_of_date as date), $run_id "
        "from duckdb_columns() as columns "
        "inner join duckdb_tables() as tables using "
        "(database_name, schema_name, table_name) "
        "where database_name = 'building' and schema_name = 'bi' "
        "order by columns.table_name, columns.column_index",
        {
            "keys": [".".join(key) for key in keys],
            "as_of_date": as_of_date,
            "run_id": run_id,
        },
    )


def _comment(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    description: str,
    columns: Mapping[str, str],
) -> None:
    if description:
        connection.execute(
            f"comment on table {target} is {_literal(description)}"
        )
    for column, text in columns.items():
        if text:
            connection.execute(
                f"comment on column {target}.{quoted(column)} is "
                f"{_literal(text)}"
            )


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    tables: list[PublishedTable],
    building: Path,
) -> dict[str, int]:
    """Copy every table of the new file to Parquet; return their rows."""
    count_rows = {}
    own = (PUBLICATION, DATA_DICTIONARY)
    for name in [*(table.name for table in tables), *own]:
        file = building / PARQUET / f"{name}.parquet"
        copied = connection.execute(
            f"copy building.bi.{quoted(name)} to {_literal(file)} "
            "(format parquet, compression zstd)"
        ).fetchall()
        count_rows[name] = int(copied[0][0])
    return count_rows


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
