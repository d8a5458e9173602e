"""The budget: today's split over personas and channels, and a better one."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.lib.budget import build_budget
from orchestration.lib.settings import Settings

TABLES = {
    "budget_cells": "Today's money, the plan and its gain per cell.",
    "budget_totals": "The plan as a whole, and how sure it is.",
}
BEHIND = (
    ("intermediate", "int_budget_period"),
    ("intermediate", "int_budget_spend"),
    ("intermediate", "int_campaign_arms"),
    ("intermediate", "int_campaign_arm_covariates"),
    ("meta", "budget_constraints"),
)


def budget_assets(settings: Settings) -> AssetsDefinition:
    """Return the tables of the budget plan as assets."""

    @multi_asset(
        name="budget",
        specs=[
            AssetSpec(
                AssetKey(["budget", table]),
                deps=[AssetKey(key) for key in BEHIND],
                group_name="kpis",
                description=description,
                kinds={"python"},
            )
            for table, description in TABLES.items()
        ],
        pool="warehouse",
    )
    def budget() -> Iterator[MaterializeResult[Any]]:
        counts = build_budget(settings)
        for table in TABLES:
            yield MaterializeResult(
                asset_key=AssetKey(["budget", table]),
                metadata={"rows": counts[table]},
            )

    return budget
