"""The bundle as it is imported: what people wrote, and what the file says.

People write metrics, charts, the dashboard and the SQL of datasets that join.
Columns, their types and every description come from the published file, so
that they are written once. Every published table becomes a dataset, also those
of which nothing is written here.
``exporting.py`` has the way back.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import duckdb
import yaml
from sqlalchemy import URL

from orchestration.lib.published import open_published

BUNDLE = Path(__file__).with_name("bundle")
NAMESPACE = uuid5(NAMESPACE_URL, "persona-warehouse/superset")
TABLE_IN_SQL = re.compile(r"\bbi\.(\w+)")
TIME_TYPES = ("DATE", "TIMESTAMP")
LINE_WIDTH = 78

Document = dict[str, Any]


class BundleError(RuntimeError):
    """The bundle does not fit the published file; says what and the mend."""


@dataclass(frozen=True)
class Meanings:
    """The comments of a published file.

    Parameters
    ----------
    tables : mapping
        Description by table.
    columns : mapping
        Description by table and column.
    metrics : mapping
        Label and meaning by metric, from ``bi.metric_definitions``.
    """

    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]
    metrics: Mapping[str, tuple[str, str]]


def complete_bundle(
    published: Path, folder: Path = BUNDLE
) -> dict[str, Document]:
    """Return the documents to import, by the names of their files.

    Raises
    ------
    BundleError
        When the SQL of a dataset does not run on the published file.
    """
    documents = read_bundle(folder)
    (database,) = (
        document
        for name, document in documents.items()
        if name.startswith("databases/")
    )
    database["sqlalchemy_uri"] = URL.create(
        "duckdb", database=str(published)
    ).render_as_string()
    with open_published(published) as connection:
        meanings = read_meanings(connection)
        for name, document in _plain_datasets(meanings, database).items():
            documents.setdefault(name, document)
        return {
            name: describe_dataset(document, connection, meanings)
            if name.startswith("datasets/")
            else document
            for name, document in documents.items()
        }


def read_bundle(folder: Path = BUNDLE) -> dict[str, Document]:
    """Return the documents as they are written, by the names of their files."""
    return {
        path.relative_to(folder).as_posix(): yaml.safe_load(
            path.read_text(encoding="utf-8")
        )
        for path in sorted(folder.rglob("*.yaml"))
    }


def write_document(document: Document, path: Path) -> None:
    """Write a document so that the same one gives the same text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        yaml.dump(
            document, Dumper=_Dumper, allow_unicode=True, width=LINE_WIDTH
        ),
        encoding="utf-8",
    )


def pack(documents: Mapping[str, Document]) -> bytes:
    """Return the documents as the archive that Superset imports.

    The same documents give the same bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in sorted(documents.items()):
            archive.writestr(
                zipfile.ZipInfo(f"bundle/{name}"),
                yaml.safe_dump(document, allow_unicode=True),
            )
    return packed.getvalue()


def read_meanings(connection: duckdb.DuckDBPyConnection) -> Meanings:
    """Return what a published file says of its tables, columns and metrics."""
    tables = connection.execute(
        "select table_name, comment from duckdb_tables() "
        "where schema_name = 'bi'"
    ).fetchall()
    columns = connection.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'bi'"
    ).fetchall()
    metrics = connection.execute(
        "select metric_name, label, meaning from bi.metric_definitions"
    ).fetchall()
    return Meanings(
        tables=dict(tables),
        columns={(table, name): comment for table, name, comment in columns},
        metrics={name: (label, meaning) for name, label, meaning in metrics},
    )


def describe_dataset(
    dataset: Document,
    connection: duckdb.DuckDBPyConnection,
    meanings: Meanings,
) -> Document:
    """Return a dataset with what the published file says of it.

    What is written in the dataset is kept. A column of a query means what it
    means in the first of the query's tables that has it.

    Raises
    ------
    BundleError
        When its query does not run, or its table is not published.
    """
    name = dataset["table_name"]
    sql = dataset.get("sql") or f"select * from bi.{name}"
    tables = list(dict.fromkeys(TABLE_IN_SQL.findall(sql)))
    try:
        cursor = connection.execute(f"select * from ({sql}) limit 0")
    except duckdb.Error as error:
        raise BundleError(
            f"The dataset {name} does not fit the published file: {error}\n"
            f"Mend {BUNDLE / 'datasets' / name}.yaml, or publish anew."
        ) from error
    written = {
        column["column_name"]: column for column in dataset.get("columns", [])
    }
    columns = []
    for column, kind, *_ in cursor.description or ():
        found = {
            "column_name": column,
            "type": str(kind),
            "is_dttm": str(kind).startswith(TIME_TYPES),
            "groupby": True,
            "filterable": True,
        }
        for table in tables:
            if (table, column) in meanings.columns:
                found["description"] = meanings.columns[table, column]
                break
        columns.append(found | written.pop(column, {}))
    metrics = []
    for metric in dataset.get("metrics", []):
        defined = meanings.metrics.get(metric["metric_name"])
        said = dict(
            zip(("verbose_name", "description"), defined or (), strict=False)
        )
        metrics.append(said | metric)
    return (
        {"description": meanings.tables[tables[0]]}
        | dataset
        | {
            "columns": [*columns, *written.values()],
            "metrics": metrics,
        }
    )


def _plain_datasets(
    meanings: Meanings, database: Document
) -> dict[str, Document]:
    return {
        f"datasets/{table}.yaml": {
            "table_name": table,
            "schema": "bi",
            "uuid": str(uuid5(NAMESPACE, f"datasets/{table}")),
            "database_uuid": database["uuid"],
            "version": "1.0.0",
        }
        for table in meanings.tables
    }


class _Dumper(yaml.SafeDumper):
    """Lists indented, queries as they are typed."""

    def increase_indent(self, flow: bool = False, *_: bool, **__: bool) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
