"""The published tables in PostgreSQL: loaded beside, swapped in at once.

A new schema is filled from the published file, gets the comments, and the
grants that the one before has; then it takes its name. All of it is one
transaction: readers see the old tables or the new ones, never a half, and when
anything fails nothing has happened. Rows go from DuckDB's CSV straight into
``COPY``.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from orchestration.lib.published import open_published, table_names
from orchestration.lib.publishing_tables import DATA_DICTIONARY, quoted

READER = "persona_reader"
MARK = "Written by persona publish; replaced whole at each publication."
CHUNK_BYTES = 1 << 20
MAX_WAIT_SECONDS = 60
RETRY_SECONDS = 0.005
# Of DuckDB's types, those of published tables; decimals are named alike.
TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "INTEGER": "integer",
    "TIMESTAMP": "timestamp",
    "VARCHAR": "text",
}


class PostgresError(RuntimeError):
    """Nothing was changed in PostgreSQL; the message has the mend."""


@dataclass(frozen=True)
class Loaded:
    """What was put into PostgreSQL."""

    schema: str
    run_id: str
    count_rows: dict[str, int]


@dataclass(frozen=True)
class _Column:
    name: str
    data_type: str
    comment: str


@dataclass(frozen=True)
class _Table:
    name: str
    comment: str
    columns: tuple[_Column, ...]
    key: tuple[str, ...]


def load_into_postgres(
    published_path: Path, to: str, *, schema: str = "bi"
) -> Loaded:
    """Put the published tables into a PostgreSQL database.

    Parameters
    ----------
    published_path : Path
        The published file; it is opened read-only.
    to : str
        ``postgresql://user@host/database``. Leave the password to
        ``PGPASSWORD`` or ``~/.pgpass``, as for any client of PostgreSQL.
    schema : str
        Where the tables go. It must be new, or have been written by this.

    Raises
    ------
    PostgresError
        When nothing is published, the database cannot be reached, the schema
        is somebody else's, or objects of others rest on its tables. Nothing is
        changed then.
    """
    if not published_path.exists():
        raise PostgresError(
            f"{published_path} does not exist: start `persona run` first."
        )
    try:
        connection = psycopg.connect(to, application_name="persona publish")
    except psycopg.Error as error:
        raise PostgresError(
            f"PostgreSQL cannot be reached: {str(error).strip()}\nCheck the "
            "address, and set the password as PGPASSWORD or in ~/.pgpass."
        ) from error
    try:
        with connection, open_published(published_path) as published:
            return _load(connection, published, published_path, schema)
    except psycopg.Error as error:
        raise PostgresError(
            f"PostgreSQL refused: {str(error).strip()}\nNothing was changed."
        ) from error


def _load(
    connection: psycopg.Connection[Any],
    published: duckdb.DuckDBPyConnection,
    published_path: Path,
    schema: str,
) -> Loaded:
    names = table_names(published)
    if DATA_DICTIONARY not in names:
        raise PostgresError(
            f"{published_path} was published by an older version: start "
            "`persona publish` first."
        )
    tables = [_described(published, name) for name in names]
    (run_id,) = published.execute(
        "select run_id from bi.publication"
    ).fetchone() or ("",)
    cursor = connection.cursor()
    # Two that publish wait for each other, not on half of the other's work.
    cursor.execute(
        "select pg_advisory_xact_lock(hashtext(%s))", [f"persona {schema}"]
    )
    exists = _check_ours(cursor, schema)
    draft = f"{schema}_next"
    cursor.execute(sql.SQL("create schema {}").format(_name(draft)))
    count_rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for table in tables:
            _create(cursor, draft, table)
            with _as_csv(published_path, table, Path(folder)) as path:
                count_rows[table.name] = _copy(cursor, draft, table, path)
    for table in tables:
        if table.key:
            cursor.execute(
                sql.SQL("create index on {}.{} ({})").format(
                    _name(draft),
                    _name(table.name),
                    sql.SQL(", ").join(map(_name, table.key)),
                )
            )
    _grant(cursor, draft, schema if exists else None, tables)
    if exists:
        _lock(connection, schema)
        cursor.execute(sql.SQL("drop schema {} cascade").format(_name(schema)))
    cursor.execute(
        sql.SQL("alter schema {} rename to {}").format(
            _name(draft), _name(schema)
        )
    )
    cursor.execute(
        sql.SQL("comment on schema {} is {}").format(
            _name(schema), sql.Literal(MARK)
        )
    )
    return Loaded(schema, str(run_id), count_rows)


def _lock(connection: psycopg.Connection[Any], schema: str) -> None:
    """Lock all tables at once or none: so nobody waits for us in a circle.

    Who comes now waits, and then finds the new tables under their names.
    """
    names = [
        name
        for (name,) in connection.execute(
            "select relname from pg_class where relkind = 'r' "
            "and relnamespace = %s::regnamespace order by 1",
            [quoted(schema)],
        ).fetchall()
    ]
    if not names:
        return
    statement = sql.SQL("lock table {} in access exclusive mode nowait").format(
        sql.SQL(", ").join(sql.Identifier(schema, name) for name in names)
    )
    last = time.monotonic() + MAX_WAIT_SECONDS
    while True:
        try:
            with connection.transaction():
                connection.execute(statement)
        except psycopg.errors.LockNotAvailable as error:
            if time.monotonic() > last:
                raise PostgresError(
                    f"Somebody has been reading the schema {schema} for "
                    f"{MAX_WAIT_SECONDS} s without a pause: end long queries "
                    "and open transactions, and publish again."
                ) from error
            time.sleep(RETRY_SECONDS)
        else:
            return


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _described(published: duckdb.DuckDBPyConnection, name: str) -> _Table:
    (comment,) = published.execute(
        "select coalesce(comment, '') from duckdb_tables() "
        "where schema_name = 'bi' and table_name = ?",
        [name],
    ).fetchone() or ("",)
    columns = published.execute(
        "select column_name, data_type, coalesce(comment, '') "
        "from duckdb_columns() where schema_name = 'bi' and table_name = ? "
        "order by column_index",
        [name],
    ).fetchall()
    key = published.execute(
        f"select column_name from bi.{DATA_DICTIONARY} "
        "where table_name = ? and is_key order by column_position",
        [name],
    ).fetchall()
    return _Table(
        name,
        comment,
        tuple(_Column(*column) for column in columns),
        tuple(column for (column,) in key),
    )


def _check_ours(cursor: psycopg.Cursor[Any], schema: str) -> bool:
    """Return whether the schema exists; refuse one that is not ours."""
    found = cursor.execute(
        "select obj_description(oid, 'pg_namespace'), exists (select 1 from "
        "pg_class where relnamespace = pg_namespace.oid) "
        "from pg_namespace where nspname = %s",
        [schema],
    ).fetchone()
    if found is None:
        return False
    if found[0] != MARK and found[1]:
        raise PostgresError(
            f"The schema {schema} has tables that `persona publish` has not "
            "written: name another with --schema."
        )
    resting = cursor.execute(
        "select distinct dependents.relnamespace::regnamespace || '.' || "
        "dependents.relname from pg_depend "
        "inner join pg_rewrite on pg_rewrite.oid = pg_depend.objid "
        "inner join pg_class as dependents "
        "on dependents.oid = pg_rewrite.ev_class "
        "inner join pg_class as used on used.oid = pg_depend.refobjid "
        "where pg_depend.classid = 'pg_rewrite'::regclass "
        "and pg_depend.refclassid = 'pg_class'::regclass "
        "and used.relnamespace = %s::regnamespace "
        "and dependents.relnamespace <> used.relnamespace order by 1",
        [quoted(schema)],
    ).fetchall()
    if resting:
        raise PostgresError(
            f"Views rest on tables of the schema {schema}: "
            f"{', '.join(name for (name,) in resting)}. They would be lost "
            "when it is replaced: drop them, or make them of the BI tool's own "
            "queries."
        )
    return True


def _create(cursor: psycopg.Cursor[Any], schema: str, table: _Table) -> None:
    target = sql.SQL("{}.{}").format(_name(schema), _name(table.name))
    cursor.execute(
        sql.SQL("create table {} ({})").format(
            target,
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(
                    _name(column.name), sql.SQL(_type(table, column))
                )
                for column in table.columns
            ),
        )
    )
    cursor.execute(
        sql.SQL("comment on table {} is {}").format(
            target, sql.Literal(table.comment)
        )
    )
    for column in table.columns:
        cursor.execute(
            sql.SQL("comment on column {}.{} is {}").format(
                target, _name(column.name), sql.Literal(column.comment)
            )
        )


def _type(table: _Table, column: _Column) -> Any:
    if column.data_type.startswith("DECIMAL("):
        return column.data_type.lower()
    if column.data_type not in TYPES:
        raise PostgresError(
            f"{table.name}.{column.name} is {column.data_type}, which has no "
            "type in PostgreSQL here: publish it as one of "
            f"{', '.join(TYPES)} or DECIMAL."
        )
    return TYPES[column.data_type]


@contextmanager
def _as_csv(
    published_path: Path, table: _Table, folder: Path
) -> Iterator[Path]:
    """Write a table as CSV: null is nothing, an empty text is ``""``."""
    path = folder / "rows.csv"
    with duckdb.connect() as connection:
        source, target = (
            str(p).replace("'", "''") for p in (published_path, path)
        )
        connection.execute(f"attach '{source}' as published (read_only)")
        texts = [c.name for c in table.columns if c.data_type == "VARCHAR"]
        quoting = f", force_quote ({', '.join(map(quoted, texts))})"
        connection.execute(
            f"copy published.bi.{quoted(table.name)} to '{target}' "
            f"(format csv, header false{quoting if texts else ''})"
        )
    try:
        yield path
    finally:
        path.unlink()


def _copy(
    cursor: psycopg.Cursor[Any], schema: str, table: _Table, path: Path
) -> int:
    statement = sql.SQL("copy {}.{} from stdin (format csv)").format(
        _name(schema), _name(table.name)
    )
    with cursor.copy(statement) as copy, path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            copy.write(chunk)
    return cursor.rowcount


def _grant(
    cursor: psycopg.Cursor[Any],
    draft: str,
    before: str | None,
    tables: Sequence[_Table],
) -> None:
    """Let readers read: the role of ours, and whoever could before."""
    if not cursor.execute(
        "select 1 from pg_roles where rolname = %s", [READER]
    ).fetchone():
        allowed = cursor.execute(
            "select 1 from pg_roles where rolname = current_user "
            "and (rolsuper or rolcreaterole)"
        ).fetchone()
        if not allowed:
            raise PostgresError(
                f"There is no role {READER}, and this user may not make one: "
                f"have an administrator run `create role {READER} nologin`."
            )
        cursor.execute(sql.SQL("create role {} nologin").format(_name(READER)))
    cursor.execute(
        sql.SQL("grant usage on schema {0} to {1}").format(
            _name(draft), _name(READER)
        )
    )
    cursor.execute(
        sql.SQL("grant select on all tables in schema {} to {}").format(
            _name(draft), _name(READER)
        )
    )
    if before is None:
        return
    names = {table.name for table in tables}
    for grantee, privilege in cursor.execute(
        "select coalesce(pg_roles.rolname, 'public'), acl.privilege_type "
        "from pg_namespace cross join lateral aclexplode(nspacl) as acl "
        "left join pg_roles on pg_roles.oid = acl.grantee "
        "where nspname = %s and acl.grantee <> nspowner",
        [before],
    ).fetchall():
        cursor.execute(
            sql.SQL("grant {} on schema {} to {}").format(
                sql.SQL(privilege), _name(draft), _role(grantee)
            )
        )
    for name, grantee, privilege in cursor.execute(
        "select relname, coalesce(pg_roles.rolname, 'public'), "
        "acl.privilege_type from pg_class "
        "cross join lateral aclexplode(relacl) as acl "
        "left join pg_roles on pg_roles.oid = acl.grantee "
        "where relnamespace = %s::regnamespace and relkind = 'r' "
        "and acl.grantee <> relowner",
        [quoted(before)],
    ).fetchall():
        if name in names:
            cursor.execute(
                sql.SQL("grant {} on {}.{} to {}").format(
                    sql.SQL(privilege),
                    _name(draft),
                    _name(name),
                    _role(grantee),
                )
            )


def _role(name: str) -> sql.Composable:
    return sql.SQL("public") if name == "public" else _name(name)
