"""Checks: whether the model still fits, and whether one waits for a person.

Both warn and stop nothing: the last approved model goes on scoring.
"""

from __future__ import annotations

from typing import Any

from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    asset_check,
)

from orchestration.lib.drift import ALARMS, newest_drift
from orchestration.lib.reviews import newest_review
from orchestration.lib.settings import Settings


def model_checks(settings: Settings) -> list[AssetChecksDefinition]:
    """Return the checks of drift and of the gates of a training."""

    @asset_check(
        asset=AssetKey(["marts", "persona_drift"]),
        name="drift",
        description="Neither a training nor a review is asked for.",
        pool="warehouse",
    )
    def drift() -> AssetCheckResult:
        rows = newest_drift(settings)
        return _warning(
            passed=all(one.status not in ALARMS for one in rows),
            metadata={
                one.drift_kind: f"{one.status}, {one.month_end}: {one.reason}"
                for one in rows
            },
        )

    @asset_check(
        asset=AssetKey(["persona_model", "model_reviews"]),
        name="gates",
        description="The newest model needs no person to decide.",
        pool="warehouse",
    )
    def gates() -> AssetCheckResult:
        decision, note = newest_review(settings)
        return _warning(
            passed=decision != "waiting",
            metadata={"decision": decision, "note": note},
        )

    return [drift, gates]


def _warning(*, passed: bool, metadata: dict[str, Any]) -> AssetCheckResult:
    return AssetCheckResult(
        passed=passed, severity=AssetCheckSeverity.WARN, metadata=metadata
    )
