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
    read_model_in_force,
    read_personas_in_force,
    read_training_sample,
    segmentation_specs,
    write_model,
)
from orchestration.lib.settings import Settings, project_vars

SAMPLE_LIMIT = 10_000  # what it costs in accuracy: ml.persona_model.train
RANDOM_STATE = 0

TABLES = {
    "model_runs": "When which model was trained, and its verdict.",
    "model_features": "How each feature is clipped, shaped and scaled.",
    "model_centroids": "The centre of each group in the model's scale.",
    "model_clusters": "Which persona each group is, and how stable.",
    "model_criteria": "What each number of groups was judged by.",
    "model_events": "What became of the personas of the model before.",
}


def persona_model_assets(settings: Settings) -> AssetsDefinition:
    """Return the tables of schema ``ml`` as assets."""

    @multi_asset(
        name="persona_model",
        specs=[
            AssetSpec(
                AssetKey(["persona_model", table]),
                deps=[AssetKey(["marts", "customer_features"])],
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
        from ml.persona_model import train

        specs = segmentation_specs()
        sample = read_training_sample(settings, specs, limit=SAMPLE_LIMIT)
        previous, used_ids = read_personas_in_force(
            settings, sample["customer_id"].tolist()
        )
        model = train(
            sample,
            specs,
            random_state=RANDOM_STATE,
            previous=previous,
            previous_model=read_model_in_force(settings),
            used_ids=used_ids,
            sub_personas=bool(project_vars().get("sub_personas")),
        )
        write_model(
            settings,
            model,
            run_id=context.run.run_id,
            trained_at=datetime.now(UTC).replace(tzinfo=None),
        )
        metadata: dict[str, Any] = {
            "verdict": model.verdict,
            "reason": model.verdict_reason,
            "algorithm": model.algorithm,
            "criteria": MetadataValue.md(criteria_as_markdown(model.criteria)),
            "picture": MetadataValue.md(criteria_as_image(model.criteria)),
        }
        for table in TABLES:
            yield MaterializeResult(
                asset_key=AssetKey(["persona_model", table]), metadata=metadata
            )

    return persona_model
