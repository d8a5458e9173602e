"""Which suite is held against which relation."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from expectations.raw_tables import raw_table_suite
from expectations.suites import ENTITIES, entity_suites
from expectations.vocabulary import Suite

_RELATION = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_SOURCE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class RelationCheck:
    """A suite held against a relation.

    Parameters
    ----------
    relation : str
        ``<schema>.<name>``, lower case with underscores.
    suite : Suite
        What is expected of it.
    is_optional : bool
        Whether its absence is legal; it is then listed as passed, with
        "relation absent".
    since_delivery : int, optional
        Judge only rows of this delivery and later ones (``delivery_id`` not
        smaller), and rows without a delivery (``delivery_id`` 0). So a small
        bad delivery is not hidden among millions of good old rows, and the
        cost of the gate follows what is new. Needs the column
        ``delivery_id``.
    """

    relation: str
    suite: Suite
    is_optional: bool = False
    since_delivery: int | None = None

    def __post_init__(self) -> None:
        if not _RELATION.fullmatch(self.relation):
            raise ValueError(
                f"The relation {self.relation!r}: write it as schema.name, "
                "lower case with underscores."
            )


def entity_check(
    source: str,
    entity: str,
    *,
    is_optional: bool = False,
    since_delivery: int | None = None,
) -> RelationCheck:
    """Return the check of ``staging.stg_<source>__<entity>``."""
    return RelationCheck(
        relation=f"staging.stg_{_known_source(source)}__{entity}",
        suite=entity_suites()[entity],
        is_optional=is_optional,
        since_delivery=since_delivery,
    )


def entity_checks(
    sources: Sequence[str],
    *,
    optional_entities: Collection[str] = (),
    since_delivery: int | None = None,
) -> list[RelationCheck]:
    """Return the checks of every entity of every source.

    A connector has a staging model per entity, with no rows for what its
    source lacks; entities it may do without are named in
    ``optional_entities``.
    """
    return [
        entity_check(
            source,
            entity,
            is_optional=entity in optional_entities,
            since_delivery=since_delivery,
        )
        for source in sources
        for entity in ENTITIES
    ]


def raw_check(
    source: str,
    table: str,
    *,
    required_columns: Sequence[str],
    date_column: str | None = None,
    max_age_days: int = 45,
    is_optional: bool = True,
) -> RelationCheck:
    """Return the check of ``raw.<source>__<table>``.

    ``table`` is ``table_name`` of ``meta.deliveries``. A table that has not
    been delivered is legal by default.
    """
    return RelationCheck(
        relation=f"raw.{_known_source(source)}__{table}",
        suite=raw_table_suite(
            source,
            table,
            required_columns=required_columns,
            date_column=date_column,
            max_age_days=max_age_days,
        ),
        is_optional=is_optional,
    )


def _known_source(source: str) -> str:
    if not _SOURCE.fullmatch(source):
        raise ValueError(
            f"The source {source!r}: write it in lower case with underscores."
        )
    return source
