"""What the drift table says of the model in force, in its newest month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.lib.models import model_in_force
from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse

ALARMS = ("retrain", "review")


@dataclass(frozen=True)
class Drift:
    """A row of ``marts.persona_drift``."""

    model_run_id: str
    month_end: date
    drift_kind: str
    status: str
    reason: str


def newest_drift(settings: Settings) -> list[Drift]:
    """Return the rows of the model in force, of the newest month of each kind.

    An empty list where nothing has been trained or no month is over.
    """
    if not settings.warehouse_path.exists():
        return []
    with open_warehouse(settings, read_only=True) as connection:
        try:
            rows = connection.execute(
                "select model_run_id, month_end, drift_kind, status, reason "
                "from marts.persona_drift where model_run_id = ? "
                "qualify row_number() over (partition by drift_kind "
                "order by month_end desc) = 1 order by drift_kind",
                [model_in_force(connection)],
            ).fetchall()
        except duckdb.CatalogException:
            return []
    return [Drift(*row) for row in rows]


def months_that_ask(settings: Settings) -> list[Drift]:
    """Return what asks for a training: no model was trained on its month."""
    asking = [one for one in newest_drift(settings) if one.status == "retrain"]
    if not asking:
        return []
    with open_warehouse(settings, read_only=True) as connection:
        newest = connection.execute(
            "select max(as_of_date) from ml.model_runs"
        ).fetchall()[0][0]
    return [one for one in asking if newest < one.month_end]
