"""The monthly review: one page that says what changed and what to decide."""

from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from orchestration.lib.review_page import write_review
from orchestration.lib.settings import Settings


def review_asset(settings: Settings) -> AssetsDefinition:
    """Return the page as an asset behind what is published."""

    @asset(
        key=AssetKey(["review", "page"]),
        deps=[AssetKey(["published", "personas"])],
        group_name="review",
        description="A page a month in reviews/: what changed, what to decide.",
        kinds={"html"},
        pool="warehouse",
    )
    def review_page(context: AssetExecutionContext) -> MaterializeResult[Any]:
        path = write_review(settings, now=datetime.now(UTC))
        context.log.info(f"Wrote {path}")
        return MaterializeResult(
            metadata={"path": MetadataValue.path(str(path))}
        )

    return review_page
