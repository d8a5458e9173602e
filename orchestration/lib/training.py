"""A training, from the sample to the review of what it found."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from orchestration.lib.models import (
    numeric_features,
    read_descriptions,
    read_model_in_force,
    read_personas_in_force,
    read_reference_months,
    read_training_sample,
    segmentation_specs,
    write_model,
)
from orchestration.lib.settings import Settings, SettingsError, project_vars

if TYPE_CHECKING:
    from ml.persona_model import PersonaModel
    from ml.refit import Comparison, Decision

SAMPLE_LIMIT = 10_000  # what it costs in accuracy: ml.persona_model.train
MONTHS_LIMIT = 20_000
RANDOM_STATE = 0


def train_model(
    settings: Settings, *, run_id: str, trained_at: datetime
) -> tuple[PersonaModel, Decision]:
    """Train a model, compare it with the one in force, and review it.

    It replaces that one by itself when it passes the gates and moves few
    enough customers, the var ``auto_approve_moved_share``; else it waits.

    Returns
    -------
    PersonaModel, Decision
    """
    from ml.drift import fit_bins
    from ml.persona_model import train
    from ml.refit import judge_refit

    specs = segmentation_specs()
    in_force = read_model_in_force(settings)
    before = in_force[1] if in_force else None
    sample = read_training_sample(
        settings,
        specs,
        limit=SAMPLE_LIMIT,
        also=_columns_of(before) & numeric_features(),
    )
    previous, used_ids = read_personas_in_force(
        settings, sample["customer_id"].tolist()
    )
    model = train(
        sample,
        specs,
        random_state=RANDOM_STATE,
        previous=previous,
        previous_model=before,
        used_ids=used_ids,
        sub_personas=bool(project_vars().get("sub_personas")),
    )
    compared_with = None
    if in_force is not None and in_force[1].count_clusters:
        compared_with = (
            in_force[0],
            _compare(settings, sample, in_force[1], model, previous),
        )
    decision = judge_refit(
        count_personas=int(model.clusters["persona_id"].notna().sum()),
        verdict=model.verdict,
        verdict_before=before.verdict if before else None,
        comparison=compared_with[1] if compared_with else None,
        max_moved_share=auto_approve_moved_share(),
    )
    months = read_reference_months(settings, specs, limit=MONTHS_LIMIT)
    write_model(
        settings,
        model,
        decision,
        compared_with=compared_with,
        bins=fit_bins(months, list(months.columns) if len(months) else []),
        run_id=run_id,
        trained_at=trained_at,
    )
    return model, decision


def auto_approve_moved_share() -> float | None:
    """Return the var of that name; None where every model waits.

    Raises
    ------
    SettingsError
        When it is no share.
    """
    value = project_vars().get("auto_approve_moved_share")
    if value in (None, ""):
        return None
    if not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise SettingsError(
            f"The var auto_approve_moved_share is {value!r}: write a share "
            "such as 0.1, or nothing, and every model waits for a person."
        )
    return float(value)


def _compare(
    settings: Settings,
    sample: pd.DataFrame,
    before: PersonaModel,
    after: PersonaModel,
    previous: pd.DataFrame | None,
) -> Comparison:
    from ml.persona_model import score
    from ml.refit import compare_models

    ids = sample["customer_id"].tolist()
    if _columns_of(before) <= set(sample):
        old = score(sample, before)
    else:  # it was trained on what is no feature any more
        known = previous if previous is not None else sample[["customer_id"]]
        old = sample[["customer_id"]].merge(known, how="left", on="customer_id")
    return compare_models(
        old.set_index("customer_id")["persona_id"],
        score(sample, after).set_index("customer_id")["persona_id"],
        read_descriptions(settings, ids),
        fitted_before=before.fitted,
        fitted_after=after.fitted,
    )


def _columns_of(model: PersonaModel | None) -> set[str]:
    if model is None:
        return set()
    names = pd.concat([model.features["feature"], model.features["support"]])
    return set(names.dropna())
