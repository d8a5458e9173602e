"""The gate of a run: expectations on every source, results in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from expectations import (
    ENTITIES,
    RESULT_COLUMNS,
    ExpectationResult,
    RelationCheck,
    entity_checks,
    raw_check,
    result_rows,
    validate,
)
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import load_source_spec
from orchestration.lib.warehouse import open_warehouse, utc_timestamp


def raw_checks(settings: Settings) -> list[RelationCheck]:
    """Return the checks of the tables as delivered, of every source."""
    return [
        raw_check(
            source,
            table.name,
            required_columns=[
                column.name for column in table.columns if column.is_required
            ],
        )
        for source in settings.sources
        for table in load_source_spec(source).tables
    ]


def mapped_checks(settings: Settings) -> list[RelationCheck]:
    """Return the checks of the mapped rows, of every source and entity."""
    return entity_checks(
        settings.sources,
        optional_entities=[one for one in ENTITIES if one != "orders"],
    )


def run_gate(
    settings: Settings,
    checks: Sequence[RelationCheck],
    run_id: str,
    *,
    now: datetime,
) -> list[ExpectationResult]:
    """Hold relations against their suites and store the results.

    Without a day of analysis in the settings, deliveries age until today.

    Returns
    -------
    list of ExpectationResult
        Also written to ``meta.expectation_results``; a second look of the same
        run at the same relation replaces the first.
    """
    results = validate(
        settings.warehouse_path,
        checks,
        run_id=run_id,
        checked_at=utc_timestamp(now),
        as_of=settings.as_of_date or now.date(),
        config={
            "memory_limit": settings.memory_limit,
            "temp_directory": str(settings.scratch),
        },
    )
    marks = ", ".join("?" * len(RESULT_COLUMNS))
    with open_warehouse(settings) as connection:
        connection.execute("begin transaction")
        connection.executemany(
            "delete from meta.expectation_results "
            "where run_id = ? and relation = ?",
            [(run_id, check.relation) for check in checks],
        )
        connection.executemany(
            f"insert into meta.expectation_results values ({marks})",
            result_rows(results),
        )
        connection.execute("commit")
    return results
