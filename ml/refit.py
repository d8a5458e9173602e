"""What a newly trained model would change, and whether it may do so alone.

Both models are looked at on the same customers, so that only the model
differs: who would be in another persona, how far the groups have moved, and
which claims would no longer be said. A model that passes its gates and moves
few customers replaces the one in force by itself; any other waits for a
person.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ml.evidence import UNASSIGNED, judge_claims
from ml.identity import Fitted, places

VERDICTS = ("none", "constructed", "reproducible", "natural")
ALIKE = "alike"  # as all others are: no claim
BORDER = 0.1  # change of an effect size that is no accident of the border
VALUES_PER_TRAIT = 30
LOW, HIGH = 0.01, 0.99

MOVE_COLUMNS = ["from_persona_id", "to_persona_id", "count_customers"]
CHANGE_COLUMNS = [
    "persona_id",
    "trait",
    "trait_value",
    "said_before",
    "said_after",
    "effect_before",
    "effect_after",
    "is_changed",
]


class Comparison(NamedTuple):
    """A model against the one in force, on the same customers.

    Attributes
    ----------
    count_customers : int
        Customers compared.
    moved_share : float
        Of them in another persona, or in none instead of one, 0-1.
    centroid_shift : float
        Mean over the personas that both have of how far the centroid moved,
        in distances to the nearest other persona; NaN where there are none.
    changed_share : float
        Of the claims that either model makes of those personas, how many the
        other does not make, or makes the other way round; NaN without claims.
    moves : DataFrame
        ``MOVE_COLUMNS``, those who stay included.
    changes : DataFrame
        ``CHANGE_COLUMNS``: the claims of the personas that both have, each
        'higher', 'lower' or 'alike' before and after; and those of personas
        that are new, null before.
    """

    count_customers: int
    moved_share: float
    centroid_shift: float
    changed_share: float
    moves: pd.DataFrame
    changes: pd.DataFrame


class Decision(NamedTuple):
    """``is_approved``, and the reason in a sentence."""

    is_approved: bool
    reason: str


def compare_models(
    before: pd.Series,
    after: pd.Series,
    described: pd.DataFrame,
    *,
    fitted_before: Fitted,
    fitted_after: Fitted,
) -> Comparison:
    """Compare a model with the one in force.

    Parameters
    ----------
    before, after : Series of str, indexed by customer_id
        The persona of each customer by either model; null is none.
    described : DataFrame
        ``customer_id``, ``trait``, ``trait_value`` (null for a measure) and
        ``value``: the measure, or the weight of the value.
    fitted_before, fitted_after : Fitted
        The models.
    """
    sides = pd.DataFrame({"before": before, "after": after})
    sides = sides.astype(object).fillna(UNASSIGNED)
    moves = (
        sides.groupby(["before", "after"])
        .size()
        .rename_axis(["from_persona_id", "to_persona_id"])
        .reset_index(name="count_customers")
    )
    changes = _changed_claims(sides, described)
    of_both = changes[changes["said_before"].notna()]
    return Comparison(
        count_customers=len(sides),
        moved_share=float((sides["before"] != sides["after"]).mean())
        if len(sides)
        else 0.0,
        centroid_shift=_centroid_shift(fitted_before, fitted_after),
        changed_share=float(of_both["is_changed"].mean())
        if len(of_both)
        else float("nan"),
        moves=moves[MOVE_COLUMNS],
        changes=changes,
    )


def judge_refit(
    *,
    count_personas: int,
    verdict: str,
    verdict_before: str | None,
    comparison: Comparison | None,
    max_moved_share: float | None,
) -> Decision:
    """Decide whether a model replaces the one in force by itself.

    Parameters
    ----------
    count_personas : int
        Personas that it found.
    verdict, verdict_before : str
        Its verdict, and that of the model in force; None where there is none
        or it has no personas.
    comparison : Comparison, optional
        With the model in force, where there is one with personas.
    max_moved_share : float, optional
        Largest share of customers that may move; None: a person decides.
    """
    if comparison is None or verdict_before is None:
        return Decision(True, "There were no personas before it.")
    if count_personas == 0:
        return Decision(
            False,
            "It finds no personas; those of the model in force would all be "
            "gone.",
        )
    if VERDICTS.index(verdict) < VERDICTS.index(verdict_before):
        return Decision(
            False,
            f"Its personas are {verdict}; those of the model in force are "
            f"{verdict_before}.",
        )
    moved = f"{comparison.moved_share:.1%} of the customers"
    if max_moved_share is None:
        return Decision(
            False, f"It moves {moved}; every model waits for a person."
        )
    if comparison.moved_share > max_moved_share:
        return Decision(
            False,
            f"It moves {moved}; above {max_moved_share:.1%} a person decides.",
        )
    return Decision(
        True, f"It moves {moved}; up to {max_moved_share:.1%} need no person."
    )


def _changed_claims(
    sides: pd.DataFrame, described: pd.DataFrame
) -> pd.DataFrame:
    """Return what is said of the personas after, and was before."""
    known = described[described["customer_id"].isin(sides.index)]
    old, new = (set(sides[side]) - {UNASSIGNED} for side in sides)
    if known.empty or not new:
        return pd.DataFrame(columns=CHANGE_COLUMNS)
    keys = ["persona_id", "trait", "trait_value"]
    said = []
    for side in ("before", "after"):
        claims = judge_claims(_sums(known, sides[side]))
        direction = np.where(claims["effect_size"] > 0, "higher", "lower")
        claims[f"said_{side}"] = np.where(claims["is_claim"], direction, ALIKE)
        claims[f"effect_{side}"] = claims["effect_size"]
        said.append(claims[[*keys, f"said_{side}", f"effect_{side}"]])
    changes = said[1].merge(said[0], how="left", on=keys)
    before, after = changes["said_before"], changes["said_after"]
    is_new = ~changes["persona_id"].isin(old)
    apart = (changes["effect_before"] - changes["effect_after"]).abs()
    changes["is_changed"] = is_new | ((before != after) & (apart >= BORDER))
    is_said = (before.notna() & (before != ALIKE)) | (after != ALIKE)
    is_known = is_new | before.notna()
    kept = changes[is_said & is_known].sort_values(keys, ignore_index=True)
    return kept[CHANGE_COLUMNS]


def _sums(described: pd.DataFrame, personas: pd.Series) -> pd.DataFrame:
    """Return the sums that ``judge_claims`` tests, one row per cell.

    Measures are bounded at their 1st and 99th percentile; of the values of a
    trait the commonest thirty are compared.
    """
    rows = described.assign(
        persona_id=described["customer_id"].map(personas),
        value=described["value"].astype("float64"),
    )
    is_measure = rows["trait_value"].isna()
    measures = rows[is_measure & rows["value"].notna()]
    by_trait = measures.groupby("trait")["value"]
    bounded = measures["value"].clip(
        by_trait.transform("quantile", LOW),
        by_trait.transform("quantile", HIGH),
    )
    means = _summed(measures.assign(value=bounded), ["persona_id", "trait"])
    means["count_known"] = means["count"]
    values = rows[~is_measure]
    known = (
        values.groupby(["persona_id", "trait"])["customer_id"]
        .nunique()
        .rename("count_known")
        .reset_index()
    )
    common = (
        values.groupby(["trait", "trait_value"])
        .size()
        .reset_index(name="size")
        .sort_values(
            ["trait", "size", "trait_value"], ascending=[True, False, True]
        )
        .groupby("trait")
        .head(VALUES_PER_TRAIT)
    )
    # Also where a persona has none: that, too, can be a claim.
    shares = known.merge(common[["trait", "trait_value"]], on="trait").merge(
        _summed(values, ["persona_id", "trait", "trait_value"]),
        how="left",
        on=["persona_id", "trait", "trait_value"],
    )
    shares = shares.fillna({"sum_value": 0.0, "sum_squared": 0.0})
    sizes = personas.value_counts()
    cells = pd.concat(
        [
            means.assign(statistic="mean", trait_value=None),
            shares.assign(statistic="share"),
        ],
        ignore_index=True,
    )
    return cells.assign(
        parent_persona_id=None,
        part="",
        unit="",
        basis="",
        source_entity="",
        count_customers=cells["persona_id"].map(sizes),
    )


def _summed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    squared = rows.assign(squared=rows["value"] ** 2)
    return (
        squared.groupby(keys)
        .agg(
            count=("value", "size"),
            sum_value=("value", "sum"),
            sum_squared=("squared", "sum"),
        )
        .reset_index()
    )


def _centroid_shift(before: Fitted, after: Fitted) -> float:
    new_places, old = places(after, before)
    clusters = after.clusters
    is_top = clusters["parent_cluster_id"].isna()
    names = clusters[is_top].set_index("cluster_id")["persona_id"].dropna()
    shifts = []
    for cluster_id, name in names.items():
        others = [place for other, place in old.items() if other != name]
        if name in old and cluster_id in new_places and others:
            moved = np.linalg.norm(new_places[int(str(cluster_id))] - old[name])
            nearest = min(np.linalg.norm(old[name] - one) for one in others)
            if nearest > 0:
                shifts.append(float(moved / nearest))
    return float(np.mean(shifts)) if shifts else float("nan")
