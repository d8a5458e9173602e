"""Write, audit, publish: how the warehouse's marts reach their readers.

Readers never open the warehouse. A publish copies the models that say so into
a new DuckDB file, with their comments and in a fixed order, and into Parquet
beside it; puts ``customer_key`` in the place of every ``customer_id``; audits
what it wrote; and only then replaces what readers open. If an audit fails,
nothing is replaced. Two runs on the same input publish the same tables, apart
from ``run_id`` and ``published_at``.

Where the files lie, and what a killed run leaves, is told in
``publishing_versions``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.pseudonyms import PseudonymKey
from orchestration.lib.published import open_published, table_fingerprints
from orchestration.lib.publishing_audits import (
    Audit,
    data_audits,
    persona_sum_audit,
    structure_audits,
)
from orchestration.lib.publishing_file import (
    columns_of,
    open_building,
    write_data_dictionary,
    write_parquet,
    write_publication,
    write_table,
)
from orchestration.lib.publishing_tables import (
    CUSTOMER_KEY,
    PARQUET,
    PublishedTable,
    PublishError,
    published_name,
    published_tables,
)
from orchestration.lib.publishing_versions import (
    Version,
    install,
    published_versions,
    publishing_alone,
    rollback,
    settle,
)
from orchestration.lib.settings import Settings

__all__ = [
    "Audit",
    "PublishError",
    "PublishReport",
    "Version",
    "open_published",
    "publish",
    "published_versions",
    "rollback",
    "table_fingerprints",
]

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class PublishReport:
    """What a publish did."""

    run_id: str
    published_at: datetime  # UTC, without time zone, as in bi.publication
    as_of_date: date
    path: Path
    folder: Path
    count_rows: Mapping[str, int]
    audits: tuple[Audit, ...]


def publish(
    settings: Settings,
    manifest: Mapping[str, Any],
    *,
    run_id: str,
    key: PseudonymKey,
    now: datetime,
) -> PublishReport:
    """Publish the marts of one complete run, all or nothing.

    Parameters
    ----------
    settings : Settings
        Where the warehouse and the published files lie.
    manifest : mapping
        dbt's ``manifest.json``. It is trusted: the SQL under
        ``meta.reconcile.to`` is run.
    run_id : str
        The run that every row must be of. Publishing it again replaces its
        earlier version.
    key : PseudonymKey
        The secret under which customer keys are made.
    now : datetime
        The time of publication, with its time zone.

    Raises
    ------
    PublishError
        When an audit fails. All failures are listed, each with its mend, and
        what was published before stays in force.
    duckdb.IOException
        When another process is writing to the warehouse.
    """
    if not RUN_ID.fullmatch(run_id):
        raise ValueError(
            f"run_id is {run_id!r}: use letters, digits, '.', '_' and '-'."
        )
    if now.tzinfo is None:
        raise ValueError("now has no time zone: pass datetime.now(UTC).")
    published_at = now.astimezone(UTC).replace(tzinfo=None)
    tables = published_tables(manifest)

    with publishing_alone(settings):
        settle(settings)
        building = settings.published / f".building-{run_id}"
        try:
            (building / PARQUET).mkdir(mode=0o700, parents=True)
            with open_building(settings, building) as connection:
                columns = columns_of(connection, "warehouse")
                _refuse(_planned_audits(columns, tables))
                for table in tables:
                    source = columns[table.schema, table.name]
                    write_table(connection, table, source, key)
                audits = list(_written_audits(connection, tables))
                _refuse(audits)
                as_of_date = _as_of_date(connection, tables, settings)
                audits += persona_sum_audit(connection, tables)
                for table in tables:
                    audits += data_audits(connection, table, run_id, as_of_date)
                _refuse(audits)
                write_publication(connection, run_id, published_at, as_of_date)
                write_data_dictionary(connection, tables, run_id, as_of_date)
                count_rows = write_parquet(connection, tables, building)
            folder = install(settings, building, run_id)
        finally:
            if building.exists():
                shutil.rmtree(building)
    return PublishReport(
        run_id=run_id,
        published_at=published_at,
        as_of_date=as_of_date,
        path=settings.published_path,
        folder=folder,
        count_rows=count_rows,
        audits=tuple(audits),
    )


def _planned_audits(
    warehouse: Mapping[tuple[str, str], Mapping[str, str]],
    tables: list[PublishedTable],
) -> Iterator[Audit]:
    """Audit the columns of the tables as they would be published."""
    for table in tables:
        columns = warehouse.get((table.schema, table.name), {})
        where = f"{table.schema}.{table.name}"
        if not columns:
            yield Audit(
                "contract",
                table.name,
                False,
                f"contract: {where} is not in the warehouse: run dbt build, or "
                "take meta.publish from its yml.",
            )
        elif {"customer_id", CUSTOMER_KEY} <= columns.keys():
            yield Audit(
                "contract",
                table.name,
                False,
                f"contract: {where}.customer_key stands beside customer_id, "
                "which is published under that name: drop it from the model.",
                CUSTOMER_KEY,
            )
        else:
            planned = {
                published_name(column): (
                    "VARCHAR" if column == "customer_id" else data_type
                )
                for column, data_type in columns.items()
            }
            yield from structure_audits(table, planned)


def _written_audits(
    connection: duckdb.DuckDBPyConnection, tables: list[PublishedTable]
) -> Iterator[Audit]:
    """Audit the columns of the tables that were written."""
    building = columns_of(connection, "building")
    for table in tables:
        yield from structure_audits(table, building["bi", table.name])


def _refuse(audits: Iterable[Audit]) -> None:
    failures = [audit.sentence for audit in audits if not audit.is_passed]
    if failures:
        raise PublishError(failures)


def _as_of_date(
    connection: duckdb.DuckDBPyConnection,
    tables: list[PublishedTable],
    settings: Settings,
) -> date:
    """Return the day most rows are of; the audit then asks all to be."""
    rows = connection.execute(
        "select cast(as_of_date as date) from ("
        + " union all ".join(
            f"select as_of_date from {table.target}" for table in tables
        )
        + ") where as_of_date is not null "
        "group by 1 order by count(*) desc, 1 desc limit 1"
    ).fetchall()
    day: date | None = rows[0][0] if rows else settings.as_of_date
    if day is None:
        raise PublishError(
            [
                "as_of_date: no published table has a row, so the day is not "
                "known: build the models, or set PERSONA_AS_OF_DATE."
            ]
        )
    return day
