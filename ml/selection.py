"""How many personas, made in which way, and how much to believe in them.

k is chosen by stability and separation together, for each alone is fooled: a
long Gaussian cloud splits in two with perfect stability, and shuffled columns
still have corners that k-means can find. So every k is also fitted to
references without clusters: Gaussian copulas that keep each feature's values
and all rank correlations and nothing else. What the data separate beyond the
references is structure that marginals and correlations do not explain.
Each algorithm is judged by the same measures; k-means, the plainer one, is
taken unless only the mixture sees the groups clearly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ml.algorithms import KMEANS, MIXTURE, Algorithm
from ml.clustering import Clusters, assign, round_clusters
from ml.columns import CRITERIA_COLUMNS, FloatArray
from ml.separation import Separation
from ml.stability import (
    bootstrap_jaccard,
    held_out_likelihood,
    prediction_strength,
)

STABLE = 0.75  # Jaccard of a cluster that is published (Hennig)
USEFUL = 0.60  # Jaccard of a cluster that is published as provisional
PREDICTIVE = 0.80  # prediction strength (Tibshirani & Walther)
SEPARATED = 0.01  # silhouette above the references, to be visible at all
AS_SEPARATED = 0.90  # share of the largest separation that equals it
CLEARLY = 0.05  # held-out likelihood above that of the plainer algorithm


@dataclass(frozen=True)
class Selection:
    """The chosen k with its reasons.

    Attributes
    ----------
    criteria : DataFrame
        One row per algorithm and k tried, the columns ``CRITERIA_COLUMNS``.
    algorithm : Algorithm
        The plainest one when there are no clusters.
    n_clusters : int or None
    verdict, reason : str
        The verdict in one word, and in one sentence for humans.
    clusters : Clusters
        Chosen clusters, fitted to the selection sample; k may be 0.
    jaccards : ndarray of shape (k,)
    """

    criteria: pd.DataFrame
    algorithm: Algorithm
    n_clusters: int | None
    verdict: str
    reason: str
    clusters: Clusters
    jaccards: FloatArray


class _Fit(NamedTuple):
    """The clusters of one algorithm and k, and how well each comes back."""

    clusters: Clusters
    jaccards: FloatArray


def choose_k(
    points: FloatArray,
    *,
    algorithms: Sequence[Algorithm] = (KMEANS, MIXTURE),
    k_range: Iterable[int] = range(2, 13),
    min_share: float = 0.02,
    min_customers: int = 30,
    random_state: int = 0,
    n_boot: int = 20,
    n_references: int = 20,
    max_points: int = 3000,
    max_reference_points: int = 1500,
) -> Selection:
    """Choose the number of clusters and say how much to believe in it.

    The words, for one k:

    - *separated*: its silhouette is above the 95th percentile of the
      references by 0.01 or more; by how much is its *separation*;
    - *eligible*: each cluster meets the floor, the clusters' mean bootstrap
      Jaccard is at least 0.60, and it is separated or its prediction
      strength is at least 0.80 (noise in 8 features, cut in two, reached a
      Jaccard of 0.79, but a prediction strength of 0.73 only);
    - *whole*: eligible, and each cluster's Jaccard is at least 0.60, so that
      nobody's cluster is too unstable to be published;
    - *stable*: eligible with a mean Jaccard of at least 0.75;
    - *reproducible*: each cluster's Jaccard is at least 0.75 and the
      prediction strength at least 0.80.

    The rule, for one algorithm:

    1. of the k that are stable and separated, those with at least 90 % of
       the largest separation count as equal; the largest k whose every
       cluster has a Jaccard of at least 0.75 is taken, because it tells the
       reader most; where there is none, the most separated whole k;
    2. else of those reproducible, the largest k: a cut through a continuum
       is the more useful the finer it is;
    3. else of those whole, or where there are none of those eligible, the
       one with the largest mean Jaccard;
    4. else none.

    The verdict: natural (reproducible and separated), reproducible (not
    separated), constructed (eligible, not reproducible), none.

    Of two algorithms the first is taken, unless the second finds natural
    groups and the first none, or groups that describe other customers worse:
    by 0.05 in the log density per feature. (The mixture gains up to 0.005 on
    the sample company and nothing on round groups, 0.05 to 0.2 on groups of
    unequal spread, where k-means reaches an ARI of 0.3 to 0.9 and the mixture
    of 0.9 to 1.) A cut that is not natural may as well be a plain one.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Scaled customers.
    algorithms : sequence of Algorithm
        The plainest first.
    k_range : iterable of int
        Numbers of clusters to try, each at least 2.
    min_share, min_customers : float, int
        Floor of a cluster: the larger of the two.
    random_state, n_boot, n_references, max_points, max_reference_points : int
        Seed; counts of bootstrap samples and of references; bounds of the
        samples for stability and for separation.

    Returns
    -------
    Selection
    """
    rng = np.random.default_rng(random_state)
    sample = _sample(points, max_points, rng)
    floor = max(min_share, min_customers / max(len(points), 1))
    n_distinct = len(np.unique(sample, axis=0))
    separation = Separation(
        _sample(sample, max_reference_points, rng),
        n_references=n_references,
        random_state=random_state,
    )
    rows: list[dict[str, Any]] = []
    fits: list[_Fit | None] = []
    bar: float | None = None
    for algorithm in algorithms:
        for k in sorted(set(k_range)):
            row, fit = {"note": "too few customers for so many clusters"}, None
            if k * floor <= 1 and k <= n_distinct:
                row, fit = _measure(
                    sample,
                    k,
                    algorithm,
                    separation,
                    floor=floor,
                    bar=bar,
                    random_state=random_state,
                    n_boot=n_boot,
                )
            rows.append(
                {"algorithm": algorithm.name, "count_clusters": k} | row
            )
            fits.append(fit)
        bar = _bar(_criteria(rows))
    criteria = _criteria(rows)
    index, verdict = _decide(criteria)
    if index is None:
        return Selection(
            criteria=criteria,
            algorithm=algorithms[0],
            n_clusters=None,
            verdict=verdict,
            reason=_reason_for_none(criteria),
            clusters=round_clusters(np.empty((0, points.shape[1]))),
            jaccards=np.empty(0),
        )
    chosen = fits[index]
    assert chosen is not None
    names = {algorithm.name: algorithm for algorithm in algorithms}
    return Selection(
        criteria=criteria.assign(is_chosen=criteria.index == index),
        algorithm=names[rows[index]["algorithm"]],
        n_clusters=int(rows[index]["count_clusters"]),
        verdict=verdict,
        reason=_reason(rows[index], verdict),
        clusters=chosen.clusters,
        jaccards=chosen.jaccards,
    )


def _criteria(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=CRITERIA_COLUMNS).assign(
        is_chosen=False,
        note=pd.Series([row["note"] for row in rows], dtype=object),
    )


def _bar(criteria: pd.DataFrame) -> float | None:
    """Return the likelihood that another algorithm has to reach, if any.

    Where the groups so far are natural, only clusters that describe other
    customers clearly better can take their place: what stays below need not be
    measured further, which halves the training.
    """
    index, verdict = _decide(criteria)
    if index is None or verdict != "natural":
        return None
    return float(criteria["held_out_likelihood"][index]) + CLEARLY


def _measure(
    sample: FloatArray,
    k: int,
    algorithm: Algorithm,
    separation: Separation,
    *,
    floor: float,
    bar: float | None,
    random_state: int,
    n_boot: int,
) -> tuple[dict[str, Any], _Fit | None]:
    """Return the criteria of one algorithm and k, and the clusters.

    Nothing more is measured once the k is out.
    """
    if bar is not None:
        likelihood = held_out_likelihood(
            sample, k, random_state=random_state + k, algorithm=algorithm
        )
        if likelihood < bar:
            note = "describes other customers no better than natural groups"
            return {"held_out_likelihood": likelihood, "note": note}, None
    clusters = algorithm.fit(
        sample, k, random_state=random_state, n_init=algorithm.n_init
    )
    jaccards = bootstrap_jaccard(
        sample,
        clusters,
        random_state=random_state + k,
        n_boot=n_boot,
        algorithm=algorithm,
    )
    sizes = np.bincount(assign(sample, clusters).cluster_id, minlength=k)
    row: dict[str, Any] = {
        "mean_jaccard": float(jaccards.mean()),
        "min_jaccard": float(jaccards.min()),
        "min_share": float(sizes.min() / len(sample)),
        "note": None,
    }
    if row["min_share"] < floor:
        row["note"] = f"a cluster is below the floor of {floor:.1%}"
    elif row["mean_jaccard"] < USEFUL:
        row["note"] = f"not stable: mean Jaccard below {USEFUL:.2f}"
    else:
        row |= separation.of(k, algorithm)
        row["prediction_strength"] = prediction_strength(
            sample, k, random_state=random_state + k, algorithm=algorithm
        )
        row["held_out_likelihood"] = held_out_likelihood(
            sample, k, random_state=random_state + k, algorithm=algorithm
        )
        excess = row["silhouette"] - row["reference_silhouette"]
        if excess < SEPARATED and row["prediction_strength"] < PREDICTIVE:
            row["note"] = "neither stands apart nor predicts others"
    return row, _Fit(clusters, jaccards)


def _decide(criteria: pd.DataFrame) -> tuple[int | None, str]:
    """Return the row that is chosen, if any, and the verdict."""
    likelihood = criteria["held_out_likelihood"]
    decisions = [
        _decide_for_one(rows)
        for _, rows in criteria.groupby("algorithm", sort=False)
    ]
    chosen, verdict = decisions[0]
    for other, other_verdict in decisions[1:]:
        if other is None or other_verdict != "natural":
            continue
        is_matched = (
            verdict == "natural"
            and chosen is not None
            and likelihood[other] < likelihood[chosen] + CLEARLY
        )
        if not is_matched:
            chosen, verdict = other, other_verdict
    return chosen, verdict


def _decide_for_one(criteria: pd.DataFrame) -> tuple[int | None, str]:
    """Apply the rule of ``choose_k`` to the rows of one algorithm."""
    excess = _excess(criteria)
    is_separated = excess >= SEPARATED
    is_eligible = criteria["note"].isna()
    is_whole = is_eligible & (criteria["min_jaccard"] >= USEFUL)
    is_stable = is_eligible & (criteria["mean_jaccard"] >= STABLE)
    is_reproducible = (
        is_eligible
        & (criteria["min_jaccard"] >= STABLE)
        & (criteria["prediction_strength"] >= PREDICTIVE)
    )
    is_apart = is_stable & is_separated
    is_firm = (
        is_apart
        & (excess >= AS_SEPARATED * excess[is_apart].max())
        & (criteria["min_jaccard"] >= STABLE)
    )
    if is_firm.any():
        is_chosen = is_firm
    elif (is_apart & is_whole).any():
        is_chosen = _is_largest(excess, is_apart & is_whole)
    elif is_reproducible.any():
        is_chosen = is_reproducible
    elif is_eligible.any():
        is_left = is_whole if is_whole.any() else is_eligible
        is_chosen = _is_largest(criteria["mean_jaccard"], is_left)
    else:
        return None, "none"
    index = int(criteria.index[is_chosen][-1])
    if not is_reproducible[index]:
        return index, "constructed"
    return index, "natural" if is_separated[index] else "reproducible"


def _excess(criteria: pd.DataFrame) -> pd.Series:
    return criteria["silhouette"] - criteria["reference_silhouette"]


def _is_largest(values: pd.Series, among: pd.Series) -> pd.Series:
    return values.eq(values[among].max()) & among


def _reason(row: dict[str, Any], verdict: str) -> str:
    is_separated = row["silhouette"] - row["reference_silhouette"] >= SEPARATED
    groups = "groups"
    if row["algorithm"] == MIXTURE.name:
        groups = "groups of unequal spread"
    found = (
        f"{row['count_clusters']} {groups} come back from resampled customers "
        f"(mean Jaccard {row['mean_jaccard']:.2f}, lowest "
        f"{row['min_jaccard']:.2f}, prediction strength "
        f"{row['prediction_strength']:.2f})"
    )
    apart = (
        "stand further apart than data without groups "
        f"(silhouette {row['silhouette']:.2f} against "
        f"{row['reference_silhouette']:.2f})"
    )
    if verdict == "natural":
        return f"{found} and {apart}."
    if verdict == "reproducible":
        return f"{found}, but are a cut through a continuum: none {apart}."
    return (
        f"{found}, which is useful but below what a natural group needs "
        f"({STABLE:.2f} each and {PREDICTIVE:.2f})"
        + (f"; they {apart}." if is_separated else ".")
    )


def _reason_for_none(criteria: pd.DataFrame) -> str:
    best = criteria["mean_jaccard"].max()
    if pd.isna(best):
        return "There are too few (distinct) customers to form groups."
    return (
        "No grouping is trustworthy: none with every group above the floor "
        "both comes back from resampled customers "
        f"(best mean Jaccard {best:.2f}) and stands apart or predicts other "
        "customers."
    )


def _sample(
    points: FloatArray, size: int, rng: np.random.Generator
) -> FloatArray:
    if len(points) <= size:
        return points
    return points[np.sort(rng.choice(len(points), size, replace=False))]
