"""KPIs: statistics on what SQL has counted, written back for SQL to pass on.

All stand side by side behind intermediate models, so that dbt starts once
more for all of them together.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.lib import value
from orchestration.lib.affinity import COUNTS, build_affinities
from orchestration.lib.budget import build_budget
from orchestration.lib.campaigns import build_campaign_effects
from orchestration.lib.flows import build_flows
from orchestration.lib.settings import Settings

AFFINITY = {
    "persona_cohort_ages": "Retention and value by time of first purchase.",
    "persona_product_affinities": "What each persona buys more than others.",
    "persona_channel_affinities": "Where each persona buys and comes from.",
    "persona_journey_paths": "The sequence of visits before a purchase.",
}
CAMPAIGNS = {
    "campaign_effects": "Lift and verdict per campaign and persona.",
    "campaign_totals": "Lift and verdict per campaign, heterogeneity.",
    "campaign_balances": "How alike the compared customers were before.",
}
BUDGET = {
    "budget_cells": "Today's money, the plan and its gain per cell.",
    "budget_totals": "The plan as a whole, and how sure it is.",
    "budget_responses": "What experiments measured per cell.",
    "budget_limits": "The constraints that the plan was made under.",
}

FLOWS = {"persona_flow_cells": "Who stayed in a persona and who went where."}


def kpi_assets(settings: Settings) -> list[AssetsDefinition]:
    """Return the tables of affinities, value, campaigns, budget, flows."""
    return [
        _tables(
            settings,
            "persona_affinity",
            AFFINITY,
            behind=[f"intermediate/{name}" for name in COUNTS],
            build=build_affinities,
        ),
        _tables(
            settings,
            "customer_value",
            value.TABLES,
            behind=[
                "intermediate/int_customer_purchase_summary",
                "intermediate/int_value_periods",
                "intermediate/int_value_counts",
                "intermediate/int_value_spend_counts",
                "intermediate/int_value_backtest_counts",
            ],
            build=value.build_value,
        ),
        _tables(
            settings,
            "campaign_effect",
            CAMPAIGNS,
            behind=[
                "intermediate/int_campaign_arms",
                "intermediate/int_campaign_arm_covariates",
                "intermediate/int_campaign_cohorts",
            ],
            build=build_campaign_effects,
        ),
        _tables(
            settings,
            "budget",
            BUDGET,
            behind=[
                "intermediate/int_budget_period",
                "intermediate/int_budget_spend",
                "intermediate/int_campaign_arms",
                "intermediate/int_campaign_arm_covariates",
                "meta/budget_constraints",
                "campaign_effect/campaign_effects",
            ],
            build=build_budget,
        ),
        _tables(
            settings,
            "persona_flow",
            FLOWS,
            behind=["intermediate/int_persona_flows"],
            build=build_flows,
        ),
    ]


def _tables(
    settings: Settings,
    name: str,
    tables: Mapping[str, str],
    *,
    behind: Sequence[str],
    build: Callable[[Settings], Mapping[str, int]],
) -> AssetsDefinition:
    """Return an asset that writes tables; `build` returns their rows."""

    @multi_asset(
        name=name,
        specs=[
            AssetSpec(
                AssetKey([name, table]),
                deps=[AssetKey(key.split("/")) for key in behind],
                group_name="kpis",
                description=description,
                kinds={"python"},
            )
            for table, description in tables.items()
        ],
        pool="warehouse",
    )
    def write_tables() -> Iterator[MaterializeResult[Any]]:
        counts = build(settings)
        for table in tables:
            yield MaterializeResult(
                asset_key=AssetKey([name, table]),
                metadata={"rows": counts[table]},
            )

    return write_tables
