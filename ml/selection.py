"""How many personas, and how much to believe in them.

k is chosen by stability and separation together, for each alone is fooled: a
long Gaussian cloud splits in two with perfect stability, and shuffled columns
still have corners that k-means can find. So every k is also fitted to
references without clusters: Gaussian copulas that keep each feature's values
and all rank correlations and nothing else. What the data separate beyond the
references is structure that marginals and correlations do not explain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.clustering import assign, fit_kmeans
from ml.columns import CRITERIA_COLUMNS, FloatArray
from ml.separation import Separation
from ml.stability import bootstrap_jaccard, prediction_strength

STABLE = 0.75  # Jaccard of a cluster that is published (Hennig)
USEFUL = 0.60  # Jaccard of a cluster that is published as provisional
PREDICTIVE = 0.80  # prediction strength (Tibshirani & Walther)
SEPARATED = 0.01  # silhouette above the references, to be visible at all
AS_SEPARATED = 0.90  # share of the largest separation that equals it
N_INIT = 20  # with 5 starts, 3 of 30 fits of the sample company stuck


@dataclass(frozen=True)
class Selection:
    """The chosen k with its reasons.

    Attributes
    ----------
    criteria : DataFrame
        One row per k tried, the columns ``CRITERIA_COLUMNS``.
    n_clusters : int or None
    verdict, reason : str
        The verdict in one word, and in one sentence for humans.
    centroids, jaccards : ndarrays of shapes (k, d) and (k,)
        Chosen clusters, fitted to the selection sample; k may be 0.
    """

    criteria: pd.DataFrame
    n_clusters: int | None
    verdict: str
    reason: str
    centroids: FloatArray
    jaccards: FloatArray


def choose_k(
    points: FloatArray,
    *,
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
    - *stable*: eligible with a mean Jaccard of at least 0.75;
    - *reproducible*: each cluster's Jaccard is at least 0.75 and the
      prediction strength at least 0.80.

    The rule:

    1. of the k that are stable and separated, those with at least 90 % of
       the largest separation count as equal; the largest k whose every
       cluster has a Jaccard of at least 0.75 is taken, because it tells the
       reader most; where there is none, the most separated k;
    2. else of those reproducible, the largest k: a cut through a continuum
       is the more useful the finer it is;
    3. else of those eligible, the one with the largest mean Jaccard;
    4. else none.

    The verdict: natural (reproducible and separated), reproducible (not
    separated), constructed (eligible, not reproducible), none.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Scaled customers.
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
    fits: dict[int, tuple[FloatArray, FloatArray]] = {}
    for k in sorted(set(k_range)):
        row: dict[str, Any] = {"count_clusters": k, "note": None}
        rows.append(row)
        if k * floor > 1 or k > n_distinct:
            row["note"] = "too few customers for so many clusters"
            continue
        centroids = fit_kmeans(
            sample, k, random_state=random_state, n_init=N_INIT
        )
        jaccards = bootstrap_jaccard(
            sample, centroids, random_state=random_state + k, n_boot=n_boot
        )
        sizes = np.bincount(assign(sample, centroids).cluster_id, minlength=k)
        row |= {
            "mean_jaccard": float(jaccards.mean()),
            "min_jaccard": float(jaccards.min()),
            "min_share": float(sizes.min() / len(sample)),
        }
        if row["min_share"] < floor:
            row["note"] = f"a cluster is below the floor of {floor:.1%}"
        elif row["mean_jaccard"] < USEFUL:
            row["note"] = f"not stable: mean Jaccard below {USEFUL:.2f}"
        else:
            row |= separation.of(k)
            row["prediction_strength"] = prediction_strength(
                sample, k, random_state=random_state + k
            )
            excess = row["silhouette"] - row["reference_silhouette"]
            if excess < SEPARATED and row["prediction_strength"] < PREDICTIVE:
                row["note"] = "neither stands apart nor predicts others"
        if row["note"] is None:
            fits[k] = (centroids, jaccards)
    return _decide(rows, fits, points.shape[1])


def _decide(
    rows: list[dict[str, Any]],
    fits: dict[int, tuple[FloatArray, FloatArray]],
    n_features: int,
) -> Selection:
    criteria = pd.DataFrame(rows, columns=CRITERIA_COLUMNS).assign(
        is_chosen=False,
        note=pd.Series([row["note"] for row in rows], dtype=object),
    )
    excess = criteria["silhouette"] - criteria["reference_silhouette"]
    is_separated = excess >= SEPARATED
    is_eligible = criteria["note"].isna()
    is_stable = is_separated & (criteria["mean_jaccard"] >= STABLE)
    is_reproducible = (criteria["min_jaccard"] >= STABLE) & (
        criteria["prediction_strength"] >= PREDICTIVE
    )
    if is_stable.any():
        best = excess[is_stable].max()
        is_chosen = (
            is_stable
            & (excess >= AS_SEPARATED * best)
            & (criteria["min_jaccard"] >= STABLE)
        )
        if not is_chosen.any():
            is_chosen = is_stable & (excess == best)
    elif is_reproducible.any():
        is_chosen = is_reproducible
    elif is_eligible.any():
        best = criteria["mean_jaccard"][is_eligible].max()
        is_chosen = is_eligible & (criteria["mean_jaccard"] == best)
    else:
        return Selection(
            criteria=criteria,
            n_clusters=None,
            verdict="none",
            reason=_reason_for_none(criteria),
            centroids=np.empty((0, n_features)),
            jaccards=np.empty(0),
        )
    index = int(np.flatnonzero(is_chosen)[-1])
    verdict = "constructed"
    if is_reproducible[index]:
        verdict = "natural" if is_separated[index] else "reproducible"
    k = int(rows[index]["count_clusters"])
    centroids, jaccards = fits[k]
    return Selection(
        criteria=criteria.assign(is_chosen=criteria.index == index),
        n_clusters=k,
        verdict=verdict,
        reason=_reason(rows[index], verdict, bool(is_separated[index])),
        centroids=centroids,
        jaccards=jaccards,
    )


def _reason(row: dict[str, Any], verdict: str, is_separated: bool) -> str:
    found = (
        f"{row['count_clusters']} groups come back from resampled customers "
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
        "comes back from resampled customers and predicts other customers "
        f"(best mean Jaccard {best:.2f})."
    )


def _sample(
    points: FloatArray, size: int, rng: np.random.Generator
) -> FloatArray:
    if len(points) <= size:
        return points
    return points[np.sort(rng.choice(len(points), size, replace=False))]
