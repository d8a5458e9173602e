"""What the sample company's plans say should be found, as effect sizes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.synthetic.plans import NAMES, odds, values
from ml.synthetic.survey_plan import CONSTRUCTS
from ml.synthetic.vocabulary import (
    EDUCATION,
    LANGUAGES,
    MARITAL,
    OCCUPATIONS,
)

PARTS = {
    "value": "psychographics",
    "interest": "psychographics",
    "attitude": "psychographics",
    "motivation": "psychographics",
    "lifestyle": "psychographics",
    "goal": "goals",
    "pain_point": "pain_points",
}
TRAIT_SPREAD, ITEM_NOISE = 0.6, 0.5  # as ml.synthetic.surveys draws them


def planted_effects(shares: pd.Series) -> pd.DataFrame:
    """Return the planted effect of every persona, trait and value.

    Parameters
    ----------
    shares : Series
        Share of the customers per planted persona.

    Returns
    -------
    DataFrame
        persona, part, trait, trait_value, effect_size as judge_claims
        defines it.
    """
    weight = shares.reindex(list(NAMES)).to_numpy(dtype=float)
    weight = weight / weight.sum()
    rows: list[tuple[str, str, str | None, np.ndarray]] = []
    tables = {
        "marital_status": ("marital", MARITAL),
        "education": ("education", EDUCATION),
        "occupation": ("occupation", OCCUPATIONS),
        "language": ("languages", LANGUAGES),
    }
    for trait, (field, words) in tables.items():
        table = odds(field)
        for place, word in enumerate(words):
            effect = _share_effects(table[:, place], weight)
            rows.append(("demographics", trait, word, effect))
    female = values("female")
    rows.append(
        ("demographics", "gender", "female", _share_effects(female, weight))
    )
    age = odds_free("age")
    rows.append(
        (
            "demographics",
            "age",
            None,
            _mean_effects(age[:, 0], age[:, 1], weight),
        )
    )
    for construct in CONSTRUCTS:
        spread = np.sqrt(TRAIT_SPREAD**2 + ITEM_NOISE**2 / len(construct.items))
        effect = _mean_effects(
            np.clip(np.array(construct.means), 1.2, 4.8),
            np.full(len(NAMES), spread),
            weight,
        )
        rows.append(
            (
                PARTS[construct.dimension],
                f"survey_{construct.name}",
                None,
                effect,
            )
        )
    return pd.DataFrame(
        [
            (persona, part, trait, value, effect[place])
            for part, trait, value, effect in rows
            for place, persona in enumerate(NAMES)
        ],
        columns=["persona", "part", "trait", "trait_value", "planted_effect"],
    )


def odds_free(field: str) -> np.ndarray:
    """Return a table of the plans as it stands, shape (personas, numbers)."""
    from ml.synthetic.plans import PERSONAS

    return np.array([getattr(plan, field) for plan in PERSONAS], dtype=float)


def _share_effects(share: np.ndarray, weight: np.ndarray) -> np.ndarray:
    rest = (share @ weight - share * weight) / (1 - weight)
    return 2 * np.arcsin(np.sqrt(share)) - 2 * np.arcsin(np.sqrt(rest))


def _mean_effects(
    mean: np.ndarray, spread: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    rest = (mean @ weight - mean * weight) / (1 - weight)
    total = mean @ weight
    variance = weight @ (spread**2 + (mean - total) ** 2)
    return (mean - rest) / np.sqrt(variance)
