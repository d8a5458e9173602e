"""What is to be published: the models that say so in their yml.

A model is published when its ``config.meta.publish`` is true. The same meta
names its key (``primary_key``) and the sums it must keep (``reconcile``); a
column with ``config.meta.personal_data`` true must not be in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CUSTOMER_KEY = "customer_key"
PUBLICATION = "publication"
DATA_DICTIONARY = "data_dictionary"
PARQUET = "parquet"
DEFAULT_TOLERANCE = 0.005


class PublishError(RuntimeError):
    """Nothing was published; the message lists every failure and its mend."""

    def __init__(self, failures: Iterable[str]) -> None:
        self.failures = tuple(failures)
        lines = "".join(f"\n- {failure}" for failure in self.failures)
        super().__init__(
            "Not published; what was published before is still in force:"
            + lines
        )


@dataclass(frozen=True)
class Reconciliation:
    """A sum over a published table that must equal a query's answer."""

    column: str
    to: str
    by: tuple[str, ...] = ()
    where: str = "true"
    tolerance: float = DEFAULT_TOLERANCE


@dataclass(frozen=True)
class DeclaredColumn:
    """A column as the yml declares it."""

    data_type: str | None
    description: str
    is_personal: bool


@dataclass(frozen=True)
class PublishedTable:
    """A model that is published, as the manifest declares it."""

    schema: str
    name: str
    description: str
    columns: Mapping[str, DeclaredColumn]
    primary_key: tuple[str, ...]
    reconciliations: tuple[Reconciliation, ...]

    @property
    def source(self) -> str:
        """The relation in the warehouse."""
        return f"warehouse.{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def target(self) -> str:
        """The relation in the file that is being built."""
        return f"building.bi.{quoted(self.name)}"


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def published_name(column: str) -> str:
    """Return the name under which a column of the warehouse is published."""
    return CUSTOMER_KEY if column == "customer_id" else column


def published_tables(manifest: Mapping[str, Any]) -> list[PublishedTable]:
    """Return the models with ``meta.publish: true``, ordered by name.

    Raises
    ------
    PublishError
        When none is to be published, or two would have the same name.
    """
    tables = [
        _declared_table(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
        and _meta(node).get("publish") is True
    ]
    names = [table.name for table in tables] + [PUBLICATION, DATA_DICTIONARY]
    failures = [
        f"{name}: two published tables have this name: give the model another "
        "alias."
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if not tables:
        failures.append(
            "The manifest has no model with config.meta.publish: true: set it "
            "in the yml of the marts to publish, then run dbt parse."
        )
    if failures:
        raise PublishError(failures)
    return sorted(tables, key=lambda table: table.name)


def _meta(part: Mapping[str, Any]) -> dict[str, Any]:
    configured = (part.get("config") or {}).get("meta") or {}
    return {**(part.get("meta") or {}), **configured}


def _declared_table(node: Mapping[str, Any]) -> PublishedTable:
    meta = _meta(node)
    name = node.get("alias") or node["name"]
    rules = meta.get("reconcile") or []
    rules = [rules] if isinstance(rules, dict) else rules
    for rule in rules:
        known = {"sum", "to", "by", "where", "tolerance"}
        if not {"sum", "to"} <= rule.keys() <= known:
            raise PublishError(
                [
                    f"{name}: meta.reconcile has {sorted(rule)}: write sum and "
                    "to, and where needed by, where and tolerance."
                ]
            )
    return PublishedTable(
        schema=node["schema"],
        name=name,
        description=(node.get("description") or "").strip(),
        columns={
            column_name.lower(): DeclaredColumn(
                data_type=column.get("data_type"),
                description=(column.get("description") or "").strip(),
                is_personal=_meta(column).get("personal_data") is True,
            )
            for column_name, column in node.get("columns", {}).items()
        },
        primary_key=tuple(
            published_name(column)
            for column in _listed(meta.get("primary_key"))
        ),
        reconciliations=tuple(
            Reconciliation(
                column=rule["sum"],
                to=rule["to"],
                by=_listed(rule.get("by")),
                where=rule.get("where", "true"),
                tolerance=float(rule.get("tolerance", DEFAULT_TOLERANCE)),
            )
            for rule in rules
        ),
    )


def _listed(value: str | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
