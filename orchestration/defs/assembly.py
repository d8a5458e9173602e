"""The whole graph, from landing folders to the published file."""

from __future__ import annotations

from dagster import Definitions, in_process_executor

from orchestration.defs.automation import (
    JOBS,
    SCHEDULES,
    drift_sensor,
    landing_sensor,
)
from orchestration.defs.checks import model_checks
from orchestration.defs.evidence import persona_evidence_assets
from orchestration.defs.history import history_asset
from orchestration.defs.inputs import delivery_assets, gate_results, gates
from orchestration.defs.kpis import kpi_assets
from orchestration.defs.personas import persona_model_assets
from orchestration.defs.publish import publish_asset
from orchestration.defs.review import review_asset
from orchestration.defs.snapshots import snapshot_specs
from orchestration.defs.transformations import (
    dbt_resource,
    staging_assets,
    warehouse_assets,
)
from orchestration.lib.dbt import prepare_manifest, read_manifest
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import load_source_spec


def build_definitions(settings: Settings) -> Definitions:
    """Return the Dagster definitions for the sources that are on.

    One process writes to the warehouse: the executor runs steps in the run's
    own process, and the pool ``warehouse`` keeps runs apart.
    """
    manifest = prepare_manifest(settings)
    return Definitions(
        assets=[
            *(
                delivery_assets(settings, source)
                for source in settings.sources
                if load_source_spec(source).tables
            ),
            staging_assets(settings, manifest),
            warehouse_assets(settings, manifest),
            persona_model_assets(settings),
            persona_evidence_assets(settings),
            *kpi_assets(settings),
            history_asset(settings),
            publish_asset(settings, read_manifest(settings)),
            review_asset(settings),
            *snapshot_specs(),
            gate_results(),
        ],
        asset_checks=[*gates(settings), *model_checks(settings)],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[landing_sensor(settings), drift_sensor(settings)],
        resources={"dbt": dbt_resource(settings)},
        executor=in_process_executor,
    )
