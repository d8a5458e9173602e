"""Value: what customers will buy and spend, fitted on counted customers."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.lib.settings import Settings
from orchestration.lib.value import TABLES, build_value

BEHIND = (
    "int_customer_purchase_summary",
    "int_value_periods",
    "int_value_counts",
    "int_value_spend_counts",
    "int_value_backtest_counts",
)


def customer_value_assets(settings: Settings) -> AssetsDefinition:
    """Return the tables of the value models as assets."""

    @multi_asset(
        name="customer_value",
        specs=[
            AssetSpec(
                AssetKey(["customer_value", table]),
                deps=[AssetKey(["intermediate", name]) for name in BEHIND],
                group_name="kpis",
                description=description,
                kinds={"python"},
            )
            for table, description in TABLES.items()
        ],
        pool="warehouse",
    )
    def customer_value() -> Iterator[MaterializeResult[Any]]:
        counts = build_value(settings)
        for table in TABLES:
            yield MaterializeResult(
                asset_key=AssetKey(["customer_value", table]),
                metadata={"rows": counts[table]},
            )

    return customer_value
