"""Campaign effect: what campaigns did to each persona."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.lib.campaigns import build_campaign_effects
from orchestration.lib.settings import Settings

TABLES = {
    "campaign_effects": "Lift and verdict per campaign and persona.",
    "campaign_totals": "Lift and verdict per campaign, heterogeneity.",
    "campaign_balances": "How alike the compared customers were before.",
}
BEHIND = (
    "int_campaign_arms",
    "int_campaign_arm_covariates",
    "int_campaign_cohorts",
)


def campaign_effect_assets(settings: Settings) -> AssetsDefinition:
    """Return the tables of what campaigns did as assets."""

    @multi_asset(
        name="campaign_effect",
        specs=[
            AssetSpec(
                AssetKey(["campaign_effect", table]),
                deps=[AssetKey(["intermediate", model]) for model in BEHIND],
                group_name="kpis",
                description=description,
                kinds={"python"},
            )
            for table, description in TABLES.items()
        ],
        pool="warehouse",
    )
    def campaign_effect() -> Iterator[MaterializeResult[Any]]:
        counts = build_campaign_effects(settings)
        for table in TABLES:
            yield MaterializeResult(
                asset_key=AssetKey(["campaign_effect", table]),
                metadata={"rows": counts[table]},
            )

    return campaign_effect
