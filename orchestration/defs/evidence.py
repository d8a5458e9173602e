"""Evidence: what may be said of the personas, tested and put into words."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from orchestration.lib.evidence import build_evidence
from orchestration.lib.settings import Settings

TABLES = {
    "persona_claims": "Differences between personas, each tested.",
    "persona_profiles": "Coverage, prevalence and portrait of each persona.",
    "persona_names": "The name each persona was given and keeps.",
    "persona_texts": "Title, summary and description in every language.",
    "persona_sentences": "Every sentence, with the claims it says.",
    "persona_playbook": "How to reach, win and serve each persona.",
    "persona_survey_gaps": "What is unknown, and the question that tells.",
    "persona_themes": "What the customers of each persona write about.",
    "persona_examples": "Typical customers, in bands.",
}
BEHIND = (
    ("intermediate", "int_persona_trait_sums"),
    ("intermediate", "int_customer_texts"),
    ("intermediate", "int_persona_members"),
    ("meta", "theme_labels"),
)


def persona_evidence_assets(settings: Settings) -> AssetsDefinition:
    """Return the tables of what is said of the personas as assets."""

    @multi_asset(
        name="persona_evidence",
        specs=[
            AssetSpec(
                AssetKey(["persona_evidence", table]),
                deps=[AssetKey(key) for key in BEHIND],
                group_name="persona_evidence",
                description=description,
                kinds={"python"},
            )
            for table, description in TABLES.items()
        ],
        pool="warehouse",
    )
    def persona_evidence(
        context: AssetExecutionContext,
    ) -> Iterator[MaterializeResult[Any]]:
        counts = build_evidence(settings, run_id=context.run.run_id)
        for table in TABLES:
            yield MaterializeResult(
                asset_key=AssetKey(["persona_evidence", table]),
                metadata={"rows": counts.get(table, 0)},
            )

    return persona_evidence
