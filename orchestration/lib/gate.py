"""The gate of a run: expectations on every source, results in the ledger."""

from __future__ import annotations

from datetime import datetime

from expectations import (
    ENTITIES,
    RESULT_COLUMNS,
    ExpectationResult,
    entity_checks,
    raw_check,
    result_rows,
    validate,
)
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import load_source_spec
from orchestration.lib.warehouse import open_warehouse, utc_timestamp


def staging_relation(source: str, entity: str) -> str:
    """Return the name of a mapped relation, as the results name it."""
    return f"staging.stg_{source}__{entity}"


def run_gate(
    settings: Settings, run_id: str, *, now: datetime
) -> list[ExpectationResult]:
    """Hold raw and mapped tables against their suites and store the results.

    Returns
    -------
    list of ExpectationResult
        Also written to ``meta.expectation_results``; a second gate of the same
        run replaces the first.
    """
    checks = [
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
    checks += entity_checks(
        settings.sources,
        optional_entities=[one for one in ENTITIES if one != "orders"],
    )
    results = validate(
        settings.warehouse_path,
        checks,
        run_id=run_id,
        checked_at=utc_timestamp(now),
        as_of=settings.as_of_date,
        config={
            "memory_limit": settings.memory_limit,
            "temp_directory": str(settings.scratch),
        },
    )
    marks = ", ".join("?" * len(RESULT_COLUMNS))
    with open_warehouse(settings) as connection:
        connection.execute("begin transaction")
        connection.execute(
            "delete from meta.expectation_results where run_id = ?", [run_id]
        )
        connection.executemany(
            f"insert into meta.expectation_results values ({marks})",
            result_rows(results),
        )
        connection.execute("commit")
    return results
