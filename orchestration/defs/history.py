"""History: a month, or a range of them, told anew on demand.

Every refresh tells the months that are missing; nothing here is needed for
that. A backfill forgets the months of its range and tells them again, and on
the same data the rows are the same. Killed in between, the months are missing,
and the next run of any kind tells them.
"""

from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    BackfillPolicy,
    MaterializeResult,
    MonthlyPartitionsDefinition,
    asset,
)

from orchestration.defs.transformations import Dbt, end
from orchestration.lib.history import count_rows, forget_months
from orchestration.lib.runs import start_run
from orchestration.lib.settings import Settings, project_vars

EARLIEST = "2010-01-01"
KEY = AssetKey(["history", "months"])


def month_partitions() -> MonthlyPartitionsDefinition:
    """Return the months from the var ``history_start`` on."""
    start = project_vars().get("history_start") or EARLIEST
    return MonthlyPartitionsDefinition(start_date=str(start))


def history_asset(settings: Settings) -> AssetsDefinition:
    """Return the history as an asset with a partition for every month."""

    @asset(
        key=KEY,
        deps=[AssetKey(["intermediate", "int_history_partitions"])],
        group_name="history",
        description=(
            "Who was in which persona at the end of a month, told anew; "
            "`persona run` builds and publishes what rests on it."
        ),
        partitions_def=month_partitions(),
        backfill_policy=BackfillPolicy.single_run(),
        kinds={"dbt", "duckdb"},
        pool="warehouse",
    )
    def history_months(
        context: AssetExecutionContext, dbt: Dbt
    ) -> MaterializeResult[Any]:
        start_run(
            settings, context.job_name, datetime.now(UTC), context.run.run_id
        )
        first, last = context.partition_time_window
        forgotten = forget_months(settings, first.date(), last.date())
        invocation = dbt.build(settings, context, "--select", "tag:history")
        try:
            invocation.wait()
        finally:
            end(invocation)
        return MaterializeResult(
            metadata={
                "rows_before": forgotten,
                "rows": count_rows(settings, first.date(), last.date()),
            }
        )

    return history_months
