"""Inputs: files land in ``raw``, and the gate looks at what they map to."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
    multi_asset_check,
)

from expectations import ExpectationResult, RelationCheck
from orchestration.lib.delivery import FileOutcome, check_deliveries, deliver
from orchestration.lib.gate import mapped_checks, raw_checks, run_gate
from orchestration.lib.runs import start_run
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import SourceSpec, load_source_spec

BLOCKING_CHECK = "gate"
WARNING_CHECK = "gate_warnings"


def delivery_assets(settings: Settings, source: str) -> AssetsDefinition:
    """Return the raw tables of a source as assets."""
    spec = load_source_spec(source)

    @multi_asset(
        name=f"deliver_{source}",
        specs=[
            AssetSpec(
                AssetKey(["raw", f"{source}__{table.name}"]),
                group_name="raw",
                description=(
                    f"Files of {table.name} in landing/{source}/, loaded whole "
                    "and once."
                ),
                kinds={"duckdb"},
            )
            for table in spec.tables
        ],
        pool="warehouse",
    )
    def deliver_files(
        context: AssetExecutionContext,
    ) -> Iterator[MaterializeResult[Any]]:
        now = datetime.now(UTC)
        start_run(settings, context.job_name, now, context.run.run_id)
        outcomes = deliver(settings, source, context.run.run_id, now=now)
        for outcome in outcomes:
            if outcome.outcome == "refused":
                context.log.warning(outcome.message)
        check_deliveries(settings, outcomes, specs=[spec])
        yield from _results(spec, outcomes)

    return deliver_files


def _results(
    spec: SourceSpec, outcomes: Sequence[FileOutcome]
) -> Iterator[MaterializeResult[Any]]:
    for table in spec.tables:
        own = [one for one in outcomes if one.table == table.name]
        yield MaterializeResult(
            asset_key=AssetKey(["raw", f"{spec.name}__{table.name}"]),
            metadata={
                "files": len(own),
                "loaded": sum(one.outcome == "loaded" for one in own),
                "refused": sum(one.outcome == "refused" for one in own),
                "rows_loaded": sum(one.count_rows or 0 for one in own),
            },
        )


def gates(settings: Settings) -> list[AssetChecksDefinition]:
    """Return the two gates: one behind delivery, one behind staging.

    The first looks at columns, row counts and age of the tables as delivered,
    before a view over a missing column fails for no visible reason; the second
    at the mapped rows. What fails in either stops what follows.
    """
    stages = {"raw_gate": raw_checks(settings), "gate": mapped_checks(settings)}
    return [
        _gate(settings, name, checks)
        for name, checks in stages.items()
        if checks
    ]


def gate_results() -> AssetSpec:
    """Return the table that the gates write, as given from outside.

    Checks make no assets; that it is in the graph says what rests on it.
    """
    return AssetSpec(
        AssetKey(["meta", "expectation_results"]),
        group_name="gates",
        description="What the gates found, every run.",
    )


def _gate(
    settings: Settings, name: str, checks: Sequence[RelationCheck]
) -> AssetChecksDefinition:
    keys = {check.relation: _asset_key(check.relation) for check in checks}

    @multi_asset_check(
        name=name,
        specs=[
            AssetCheckSpec(
                check_name,
                asset=key,
                blocking=check_name == BLOCKING_CHECK,
                description=(
                    "What must hold before the rows are trusted."
                    if check_name == BLOCKING_CHECK
                    else "What should hold; the run goes on."
                ),
            )
            for key in keys.values()
            for check_name in (BLOCKING_CHECK, WARNING_CHECK)
        ],
        pool="warehouse",
    )
    def gate(
        context: AssetCheckExecutionContext,
    ) -> Iterator[AssetCheckResult]:
        run_id = context.op_execution_context.run.run_id
        results = run_gate(settings, checks, run_id, now=datetime.now(UTC))
        for result in results:
            if not result.is_success:
                context.log.warning(f"{result.relation}: {result.reason}")
        for relation, key in keys.items():
            own = [one for one in results if one.relation == relation]
            yield _check_result(BLOCKING_CHECK, key, own)
            yield _check_result(WARNING_CHECK, key, own)

    return gate


def _asset_key(relation: str) -> AssetKey:
    return AssetKey(relation.split("."))


def _check_result(
    name: str, key: AssetKey, results: Sequence[ExpectationResult]
) -> AssetCheckResult:
    is_blocking = name == BLOCKING_CHECK
    own = [
        one for one in results if (one.severity == "blocking") == is_blocking
    ]
    failed = [one for one in own if not one.is_success]
    return AssetCheckResult(
        passed=not failed,
        check_name=name,
        asset_key=key,
        severity=(
            AssetCheckSeverity.ERROR if is_blocking else AssetCheckSeverity.WARN
        ),
        metadata={
            "expectations": len(own),
            "failed": len(failed),
            "reasons": "\n".join(one.reason for one in failed),
        },
    )
