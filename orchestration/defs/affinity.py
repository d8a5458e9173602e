"""Affinities: what personas buy, use and come by, and how they stay."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.lib.affinity import COUNTS, build_affinities
from orchestration.lib.settings import Settings

TABLES = {
    "persona_cohort_ages": "Retention and value by time of first purchase.",
    "persona_product_affinities": "What each persona buys more than others.",
    "persona_channel_affinities": "Where each persona buys and comes from.",
    "persona_journey_paths": "The sequence of visits before a purchase.",
}


def persona_affinity_assets(settings: Settings) -> AssetsDefinition:
    """Return the compared counts of the personas as assets."""

    @multi_asset(
        name="persona_affinity",
        specs=[
            AssetSpec(
                AssetKey(["persona_affinity", table]),
                deps=[AssetKey(["intermediate", name]) for name in COUNTS],
                group_name="kpis",
                description=description,
                kinds={"python"},
            )
            for table, description in TABLES.items()
        ],
        pool="warehouse",
    )
    def persona_affinity() -> Iterator[MaterializeResult[Any]]:
        counts = build_affinities(settings)
        for table in TABLES:
            yield MaterializeResult(
                asset_key=AssetKey(["persona_affinity", table]),
                metadata={"rows": counts[table]},
            )

    return persona_affinity
