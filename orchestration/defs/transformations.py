"""Transformations: the dbt project as two sets of assets.

Staging stands before the gate, everything else behind it; Dagster splits the
second set by itself where the persona model stands in its middle.
"""

import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    ConfigurableResource,
    FreshnessPolicy,
    InitResourceContext,
)
from dagster_dbt import (
    DagsterDbtTranslator,
    DbtCliInvocation,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.asset_utils import (
    get_updated_cli_invocation_params_for_context,
)
from packaging.version import Version
from pydantic import PrivateAttr

from orchestration.lib.dbt import dbt_environment, project_arguments
from orchestration.lib.settings import DBT_PROJECT, Settings
from orchestration.lib.warm_dbt import WarmDbt

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
    def staging(context: AssetExecutionContext, dbt: Dbt) -> Iterator[Any]:
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
    def warehouse(context: AssetExecutionContext, dbt: Dbt) -> Iterator[Any]:
        yield from build_models(context, dbt, settings)

    return warehouse


class Dbt(ConfigurableResource[Any]):
    """dbt for the steps of a run: loaded once, forked for each of them.

    Dagster's own resource would start dbt anew for a step, and before that ask
    it for its version, which asks the package index, and load all macros here.

    Attributes
    ----------
    variables : dict
        dbt's vars.
    environment : dict
        Environment variables for dbt.
    """

    variables: dict[str, Any]
    environment: dict[str, str]
    _warm: WarmDbt | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Load dbt beside the first steps, which do not need it."""
        del context
        self._warm = WarmDbt(
            project_arguments(self.variables), self.environment
        )

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Let go of dbt."""
        del context
        if self._warm is not None:
            self._warm.close()

    def build(
        self, settings: Settings, context: AssetExecutionContext, *more: str
    ) -> DbtCliInvocation:
        """Start ``dbt build`` for the assets of a step, or for a selection.

        Parameters
        ----------
        settings : Settings
            The settings of the run.
        context : AssetExecutionContext
            The context of the step.
        *more : str
            More arguments, a selection among them. Without any, what the step
            is to build is selected.
        """
        assert self._warm is not None
        selected = get_updated_cli_invocation_params_for_context(
            context=None if more else context,
            manifest={},
            dagster_dbt_translator=DagsterDbtTranslator(),
        )
        command = self._warm.start(
            [
                "build",
                *("--indirect-selection", "buildable"),
                *("--exclude-resource-type", "unit_test"),
                *more,
                *selected.selection_args,
                *project_arguments(self.variables),
            ],
            {
                **dbt_environment(settings, context.run.run_id),
                "DBT_LOG_FORMAT": "json",
            },
        )
        return DbtCliInvocation(
            process=cast("subprocess.Popen[bytes]", command),
            manifest=selected.manifest,
            dagster_dbt_translator=selected.dagster_dbt_translator,
            project_dir=DBT_PROJECT,
            target_path=settings.dbt_target,
            raise_on_error=True,
            cli_version=Version(metadata.version("dbt-core")),
            context=None if more else context,
        )


def dbt_resource(settings: Settings) -> Dbt:
    """Return the resource through which assets run dbt."""
    return Dbt(
        variables=settings.dbt_vars(),
        environment=dbt_environment(settings),
    )


def build_models(
    context: AssetExecutionContext, dbt: Dbt, settings: Settings
) -> Iterator[Any]:
    """Run ``dbt build`` for the assets of a step and stream its events.

    dbt does not outlive the step: it would keep the warehouse to itself.
    """
    invocation = dbt.build(settings, context)
    try:
        yield from invocation.stream()
    finally:
        end(invocation)


def end(invocation: DbtCliInvocation) -> None:
    """End a dbt that has not ended by itself."""
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
