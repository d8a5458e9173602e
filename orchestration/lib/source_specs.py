"""What a source delivers: its tables and columns, as its yml declares them.

The one place where a company says what it delivers is dbt's own sources yml,
``dbt_project/models/staging/<source>/_<source>__sources.yml``. dbt reads it
for lineage and this module reads it for the delivery, so that the two cannot
disagree. Only tables of the schema ``raw`` are delivered; those that a source
declares under another schema live in the warehouse already and are not in its
spec. Table names are plain identifiers; columns are spelled as in the files,
spaces and capitals and all, and are quoted wherever they stand in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.lib import settings as project
from orchestration.lib.settings import SOURCE_NAME

RAW_SCHEMA = "raw"
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
COLUMN_NAME = re.compile(r'[^"\x00-\x1f\x7f-\x9f\u2028\u2029]{1,120}')
LINEAGE_COLUMNS = {
    "delivery_id": "bigint",
    "delivery_row": "bigint",
    "delivered_at": "timestamp",
}
ENTITIES = (
    "customers",
    "customer_identifiers",
    "products",
    "orders",
    "order_lines",
    "web_sessions",
    "social_interactions",
    "survey_questions",
    "survey_responses",
    "support_tickets",
    "reviews",
    "campaigns",
    "campaign_touches",
    "marketing_spend",
    "market_benchmarks",
)


class SourceSpecError(ValueError):
    """A sources yml is missing or wrong; the message names file and mend."""


@dataclass(frozen=True)
class ColumnSpec:
    """A column that a table may bring."""

    name: str
    data_type: str = "varchar"
    is_required: bool = False


@dataclass(frozen=True)
class TableSpec:
    """A table that a source may deliver."""

    source: str
    name: str
    columns: tuple[ColumnSpec, ...]
    entity: str | None = None
    is_required: bool = False

    @property
    def raw_name(self) -> str:
        """Name of the table in the schema ``raw``."""
        return f"{self.source}__{self.name}"

    @property
    def relation(self) -> str:
        """The table as it stands in SQL."""
        return f'{RAW_SCHEMA}."{self.raw_name}"'

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the declared columns, in the order of the yml."""
        return tuple(column.name for column in self.columns)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Names of the columns without which a file is refused."""
        return tuple(
            column.name for column in self.columns if column.is_required
        )


@dataclass(frozen=True)
class SourceSpec:
    """Everything that one source may deliver; perhaps nothing."""

    name: str
    path: Path
    tables: tuple[TableSpec, ...]

    @property
    def table_names(self) -> tuple[str, ...]:
        """Names of the tables, in the order of the yml."""
        return tuple(table.name for table in self.tables)

    def table(self, name: str) -> TableSpec:
        """Return the table of that name.

        Raises
        ------
        KeyError
            When the source declares no such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(
            f"The source {self.name} declares no table {name!r}; it has "
            f"{', '.join(self.table_names)}."
        )


def sources_yml(source: str, dbt_project: Path | None = None) -> Path:
    """Return the path of the yml that declares a source."""
    root = project.DBT_PROJECT if dbt_project is None else dbt_project
    return root / "models" / "staging" / source / f"_{source}__sources.yml"


def load_source_spec(
    source: str, dbt_project: Path | None = None
) -> SourceSpec:
    """Read what a source delivers from its sources yml.

    Parameters
    ----------
    source : str
        Name of the folder under ``dbt_project/models/staging``.
    dbt_project : Path, optional
        The dbt project; the project's own by default.

    Raises
    ------
    SourceSpecError
        When the yml is missing, is no yml, or declares something that the
        delivery cannot keep. Sources of other schemas are not looked at.
    """
    if not SOURCE_NAME.fullmatch(source):
        raise SourceSpecError(
            f"{source!r} is no name of a source: use lower case letters, "
            "digits and underscores, with a letter first."
        )
    path = sources_yml(source, dbt_project)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceSpecError(
            f"{path} is missing: it declares what the source {source} "
            "delivers. Copy the one of the folder template, or take "
            f"{source} out of the sources that are on."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceSpecError(f"{path} is no readable yml: {error}") from error

    tables: tuple[TableSpec, ...] = ()
    for block in _delivered_blocks(content, source, path):
        entries = _entries(block, "tables", f"raw_{source}", path)
        tables = tuple(_table(entry, source, path) for entry in entries)
        if not tables:
            raise SourceSpecError(
                f"{path}: the source raw_{source} has no tables; declare at "
                "least one under tables."
            )
    _refuse_repeats((table.name for table in tables), "table", path)
    return SourceSpec(source, path, tables)


def _delivered_blocks(
    content: Any, source: str, path: Path
) -> list[dict[str, Any]]:
    """Return the source of schema raw, if there is one."""
    blocks = content.get("sources") if isinstance(content, dict) else None
    if not blocks or not isinstance(blocks, list):
        raise SourceSpecError(
            f"{path}: there is no list named sources; begin the file with "
            f"'sources:' and '- name: raw_{source}'."
        )
    found = []
    for block in blocks:
        name = block.get("name") if isinstance(block, dict) else None
        schema = block.get("schema") if name else None
        if not schema:
            raise SourceSpecError(
                f"{path}: the source {name!r} has no schema; write schema: "
                f"{RAW_SCHEMA} where files are delivered, or else the schema "
                "that its tables live in."
            )
        if schema == RAW_SCHEMA and name != f"raw_{source}":
            raise SourceSpecError(
                f"{path}: {name!r} has the schema {RAW_SCHEMA}, but no source "
                f"is named raw_{source}; rename it so, or name another schema."
            )
        if schema == RAW_SCHEMA:
            found.append(block)
    return found


def _table(entry: dict[str, Any], source: str, path: Path) -> TableSpec:
    full_name = str(entry.get("name", ""))
    prefix = f"{source}__"
    name = full_name.removeprefix(prefix)
    if not full_name.startswith(prefix) or not IDENTIFIER.fullmatch(name):
        raise SourceSpecError(
            f"{path}: the table {full_name!r} must be named {prefix}<table>, "
            "lower case letters, digits and underscores."
        )
    if len(full_name) > 63:
        raise SourceSpecError(
            f"{path}: the table name {full_name!r} is longer than 63 letters; "
            "shorten it."
        )
    where = f"table {full_name}"
    meta = _meta(entry, where, path)
    entity = meta.get("entity")
    if entity is not None and entity not in ENTITIES:
        raise SourceSpecError(
            f"{path}: {where} has the entity {entity!r}; it must be one of "
            f"{', '.join(ENTITIES)}, or be left out."
        )
    columns = tuple(
        _column(column, where, path)
        for column in _entries(entry, "columns", where, path)
        if str(column.get("name")).lower() not in LINEAGE_COLUMNS
    )
    if not columns:
        raise SourceSpecError(
            f"{path}: {where} declares no columns; name the columns that its "
            "files bring."
        )
    _refuse_repeats(
        (column.name for column in columns), f"{where}: column", path
    )
    is_required = _flag(meta, where, path)
    return TableSpec(source, name, columns, entity, is_required)


def _column(entry: dict[str, Any], where: str, path: Path) -> ColumnSpec:
    name = str(entry.get("name") or "")
    if not COLUMN_NAME.fullmatch(name):
        raise SourceSpecError(
            f"{path}: {where}: the column {name!r} must have 1 to 120 letters, "
            "none of them a double quote or a control character."
        )
    where = f"{where}, column {name}"
    data_type = str(entry.get("data_type") or "varchar")
    return ColumnSpec(
        name, data_type, _flag(_meta(entry, where, path), where, path)
    )


def _entries(
    block: dict[str, Any], key: str, where: str, path: Path
) -> list[dict[str, Any]]:
    entries = block.get(key) or []
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) for entry in entries
    ):
        raise SourceSpecError(
            f"{path}: {key} of {where} must be a list of '- name: ...'."
        )
    return entries


def _meta(entry: dict[str, Any], where: str, path: Path) -> dict[str, Any]:
    if "meta" in entry:
        raise SourceSpecError(
            f"{path}: {where} has its meta at the top; move it under config."
        )
    config = entry.get("config") or {}
    meta = (config.get("meta") or {}) if isinstance(config, dict) else None
    if not isinstance(meta, dict):
        raise SourceSpecError(
            f"{path}: {where}: write config: {{meta: {{is_required: true}}}}."
        )
    return meta


def _flag(meta: dict[str, Any], where: str, path: Path) -> bool:
    value = meta.get("is_required", False)
    if not isinstance(value, bool):
        raise SourceSpecError(
            f"{path}: is_required of {where} is {value!r}; write true or false."
        )
    return value


def _refuse_repeats(names: Iterable[str], kind: str, path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:  # SQL does not tell capitals apart
            raise SourceSpecError(
                f"{path}: {kind} {name} is declared twice; keep one."
            )
        seen.add(name.lower())
