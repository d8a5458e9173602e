"""Transformations: the dbt project as two sets of assets.

Staging stands before the gate, everything else behind it; Dagster splits the
second set by itself where the persona model stands in its middle.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    FreshnessPolicy,
)
from dagster_dbt import (
    DagsterDbtTranslator,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from packaging.version import Version

from orchestration.lib.dbt import dbt_environment, dbt_executable
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT, Settings

# Sources that Python assets write: dbt's name of the source, the assets' name.
PYTHON_ASSETS = {
    "ml": "persona_model",
    "ml_evidence": "persona_evidence",
    "ml_affinity": "persona_affinity",
    "ml_value": "customer_value",
    "ml_campaigns": "campaign_effect",
    "ml_budget": "budget",
    "ml_flows": "persona_flow",
}
# A day late is worth a word; a week without a run, and the figures are old.
DAILY = FreshnessPolicy.time_window(
    fail_window=timedelta(days=7), warn_window=timedelta(hours=36)
)
STAGING = "fqn:persona_warehouse.staging"


def staging_assets(settings: Settings, manifest: Path) -> AssetsDefinition:
    """Return the staging models, one per source and entity."""

    @dbt_assets(
        manifest=manifest,
        select=STAGING,
        name="staging",
        dagster_dbt_translator=Translator(settings),
        pool="warehouse",
    )
    def staging(
        context: AssetExecutionContext, dbt: DbtCliResource
    ) -> Iterator[Any]:
        yield from build_models(context, dbt, settings)

    return staging


def warehouse_assets(settings: Settings, manifest: Path) -> AssetsDefinition:
    """Return the models from the input layer to the marts, with their tests."""

    @dbt_assets(
        manifest=manifest,
        exclude=STAGING,
        name="warehouse",
        dagster_dbt_translator=Translator(settings),
        pool="warehouse",
    )
    def warehouse(
        context: AssetExecutionContext, dbt: DbtCliResource
    ) -> Iterator[Any]:
        yield from build_models(context, dbt, settings)

    return warehouse


class LeanDbt(DbtCliResource):
    """dbt as a step starts it, without what Dagster would ask before.

    Dagster starts ``dbt --version``, which asks the package index, and loads
    all macros to be able to count rows of what was built. Neither is needed,
    and together they take longer than most of dbt's own steps.
    """

    @property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, _: Sequence[str]) -> Any:
        return None


def dbt_resource() -> DbtCliResource:
    """Return the resource through which assets run dbt."""
    return LeanDbt(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(PROJECT_ROOT),
        dbt_executable=dbt_executable(),
    )


def build_models(
    context: AssetExecutionContext, dbt: DbtCliResource, settings: Settings
) -> Iterator[Any]:
    """Run ``dbt build`` for the assets of a step and stream its events.

    dbt does not outlive the step: it would keep the warehouse to itself.
    """
    os.environ.update(dbt_environment(settings, context.run.run_id))
    arguments = [
        "build",
        "--indirect-selection",
        "buildable",
        "--exclude-resource-type",
        "unit_test",
        "--vars",
        json.dumps(settings.dbt_vars()),
    ]
    invocation = dbt.cli(
        arguments, context=context, target_path=settings.dbt_target
    )
    try:
        yield from invocation.stream()
    finally:
        if invocation.process.poll() is None:
            invocation.process.terminate()
            invocation.process.wait()


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes by schema and groups them by subject.

    Seeds stand behind the gate too: without anything before them Dagster
    would give them a dbt step, and a start of dbt, of their own.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.behind = AssetKey(
            ["staging", f"stg_{settings.sources[0]}__orders"]
        )

    def get_asset_spec(
        self,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> AssetSpec:
        """Return the asset; a seed depends on the first staged orders.

        What is published has a freshness policy.
        """
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id, {})
        if node.get("config", {}).get("meta", {}).get("publish"):
            spec = spec.replace_attributes(freshness_policy=DAILY)
        if unique_id.startswith("seed."):
            return spec.replace_attributes(deps=[self.behind])
        return spec

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """Return ``schema/table``; sources as their Python assets are named.

        The table is the alias: versions of a model share its name.
        """
        props = dbt_resource_props
        if props["resource_type"] == "source":
            first = PYTHON_ASSETS.get(props["source_name"], props["schema"])
            return AssetKey([first, props["name"]])
        return AssetKey([props["schema"], props["alias"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the folder under models, or under models/marts."""
        if dbt_resource_props["resource_type"] == "seed":
            return "labels"
        folders = dbt_resource_props["fqn"][1:-1]
        return str(folders[1] if folders[0] == "marts" else folders[0])
