"""Publish: what readers may see leaves the warehouse, all or nothing."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    asset,
)

from orchestration.defs.transformations import DAILY
from orchestration.lib.pseudonyms import load_key
from orchestration.lib.publishing import publish
from orchestration.lib.runs import complete_build, start_run
from orchestration.lib.settings import Settings


def publish_asset(
    settings: Settings, manifest: Mapping[str, Any]
) -> AssetsDefinition:
    """Return the published file as an asset behind every table it holds."""
    published_models = [
        AssetKey([node["schema"], node["alias"]])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["config"].get("meta", {}).get("publish")
    ]

    @asset(
        key=AssetKey(["published", "personas"]),
        deps=published_models,
        group_name="publish",
        description=(
            "published/personas.duckdb and its Parquet twins: written anew, "
            "audited, then put in place at once."
        ),
        kinds={"duckdb", "parquet"},
        freshness_policy=DAILY,
        pool="warehouse",
    )
    def published_personas(
        context: AssetExecutionContext,
    ) -> MaterializeResult[Any]:
        now = datetime.now(UTC)
        start_run(settings, context.job_name, now, context.run.run_id)
        key = load_key(
            settings, os.environ, allow_create="demo" in context.run.tags
        )
        report = publish(
            settings,
            manifest,
            run_id=complete_build(settings, context.run.run_id),
            key=key,
            now=now,
        )
        return MaterializeResult(
            metadata={
                "path": str(report.path),
                "as_of_date": report.as_of_date.isoformat(),
                "audits": len(report.audits),
                **{f"rows: {k}": v for k, v in report.count_rows.items()},
            }
        )

    return published_personas
