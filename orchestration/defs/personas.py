"""Personas: the model is trained on a bounded sample and written as tables."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from orchestration.lib.models import (
    criteria_as_image,
    criteria_as_markdown,
)
from orchestration.lib.settings import Settings
from orchestration.lib.training import train_model

TABLES = {
    "model_runs": "When which model was trained, and its verdict.",
    "model_features": "How each feature is clipped, shaped and scaled.",
    "model_centroids": "The centre of each group in the model's scale.",
    "model_clusters": "Which persona each group is, and how stable.",
    "model_criteria": "What each number of groups was judged by.",
    "model_events": "What became of the personas of the model before.",
    "model_reviews": "Every decision on a model, and which scores after it.",
    "model_comparisons": "Each model against the one in force, in a line.",
    "model_moves": "Who would be in another persona than before.",
    "model_changes": "Which claims of the personas would change.",
    "model_bins": "How the year before the training was, to see drift.",
}
# What training reads of the customers.
BEHIND = (
    "marts/customer_features",
    "marts/customer_survey_scores",
    "intermediate/int_customer_measures",
    "intermediate/int_customer_attributes",
    "intermediate/int_customer_month_behaviour",
)


def persona_model_assets(settings: Settings) -> AssetsDefinition:
    """Return the tables of schema ``ml`` as assets."""

    @multi_asset(
        name="persona_model",
        specs=[
            AssetSpec(
                AssetKey(["persona_model", table]),
                deps=[AssetKey(key.split("/")) for key in BEHIND],
                group_name="persona_model",
                description=description,
                kinds={"scikitlearn"},
            )
            for table, description in TABLES.items()
        ],
        pool="warehouse",
    )
    def persona_model(
        context: AssetExecutionContext,
    ) -> Iterator[MaterializeResult[Any]]:
        model, decision = train_model(
            settings,
            run_id=context.run.run_id,
            trained_at=datetime.now(UTC).replace(tzinfo=None),
        )
        metadata: dict[str, Any] = {
            "verdict": model.verdict,
            "reason": model.verdict_reason,
            "algorithm": model.algorithm,
            "approved": decision.is_approved,
            "review": decision.reason,
            "criteria": MetadataValue.md(criteria_as_markdown(model.criteria)),
            "picture": MetadataValue.md(criteria_as_image(model.criteria)),
        }
        for table in TABLES:
            yield MaterializeResult(
                asset_key=AssetKey(["persona_model", table]), metadata=metadata
            )

    return persona_model
