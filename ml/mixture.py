"""A mixture of Gaussians with a spread of their own per feature.

K-means draws the border half-way between two centres, so a wide group loses
its rim to a narrow neighbour and a long one is cut in pieces. A mixture
(Dempster, Laird & Rubin 1977, expectation maximisation) learns how wide each
group is in each feature and how large it is. A spread is never less than
``MIN_SPREAD`` of the feature's own: features of behaviour have spikes (a share
of exactly 0), and a spike is a fact about one feature, not a group of people.

A point's distance from a cluster squared is -2 ln(weight x density) plus a
constant that is the same for all clusters, chosen so that it is never below
0. So the nearest cluster is the likeliest one.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp
from sklearn.cluster import kmeans_plusplus

from ml.clustering import (
    Clusters,
    assign,
    fit_kmeans,
    order_by_size,
    round_clusters,
)
from ml.columns import FloatArray, round_significant
from ml.threads import thread_pools

MIN_SPREAD = 0.3  # of the feature's standard deviation
FIRST_STEPS = 10  # of every start; only the best goes on
MAX_STEPS = 100
TOLERANCE = 1e-4  # gain in mean log-likelihood below which EM ends


def fit_mixture(
    points: FloatArray,
    n_clusters: int,
    *,
    random_state: int,
    n_init: int = 4,
    weights: FloatArray | None = None,
) -> Clusters:
    """Fit a mixture of diagonal Gaussians; the best of ``n_init`` starts.

    Short runs from k-means and from k-means++ seeds, and one long run from
    the best of them (Biernacki, Celeux & Govaert 2003): round groups are found
    from k-means, groups of unequal width rather from the seeds.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    n_clusters : int
        At most n.
    random_state : int
    n_init : int
        Starts from seeds, beside the one from k-means.
    weights : ndarray of shape (n,), optional
        How often each point counts.

    Returns
    -------
    Clusters
        Rounded to 12 significant digits; the cluster with most points first.

    Raises
    ------
    ValueError
        When there are fewer points than clusters.
    """
    counts = np.ones(len(points)) if weights is None else weights
    starts = [
        fit_kmeans(
            points,
            n_clusters,
            random_state=random_state,
            n_init=2,
            weights=weights,
        )
    ]
    for seed in np.random.default_rng(random_state).integers(
        2**31, size=n_init
    ):
        centers, _ = kmeans_plusplus(
            points,
            n_clusters,
            sample_weight=weights,
            random_state=int(seed),
        )
        starts.append(round_clusters(centers))
    runs = [
        _maximise(points, _members(points, start), counts, FIRST_STEPS)
        for start in starts
    ]
    best = max(runs, key=lambda run: run[0])[1]
    _, fit = _maximise(points, _members(points, best), counts, MAX_STEPS)
    return fit.take(order_by_size(points, fit, weights=weights))


def refine_mixture(points: FloatArray, clusters: Clusters) -> Clusters:
    """Run expectation maximisation on from given clusters; keep their order.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    clusters : Clusters

    Returns
    -------
    Clusters
        Cluster i is the continuation of cluster i.
    """
    shares = _members(points, clusters)
    return _maximise(points, shares, np.ones(len(points)), MAX_STEPS)[1]


def widen(points: FloatArray, clusters: Clusters) -> Clusters:
    """Give clusters the centre, spread and weight of their members.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    clusters : Clusters
        Of any algorithm.

    Returns
    -------
    Clusters
        Cluster i as a part of a mixture.
    """
    shares = _members(points, clusters)
    return _maximise(points, shares, np.ones(len(points)), 1)[1]


def log_density(points: FloatArray, clusters: Clusters) -> FloatArray:
    """Return the log density of each point under a mixture; shape (n,)."""
    weights = np.log(clusters.spreads).sum(axis=1) - clusters.offsets / 2
    scores = np.stack(
        [
            offset + (((points - center) / spread) ** 2).sum(axis=1)
            for center, spread, offset in zip(*clusters, strict=True)
        ],
        axis=1,
    )
    constant = points.shape[1] * np.log(2 * np.pi) / 2 + logsumexp(weights)
    return np.asarray(logsumexp(-scores / 2, axis=1) - constant)


def _members(points: FloatArray, clusters: Clusters) -> FloatArray:
    """Return 1 for the nearest cluster of each point, 0 for the others."""
    count = len(clusters.centers)
    return np.eye(count)[assign(points, clusters).cluster_id]


def _maximise(
    points: FloatArray,
    shares: FloatArray,
    counts: FloatArray,
    max_steps: int,
) -> tuple[float, Clusters]:
    """Run EM from the share of each cluster in each point.

    Returns
    -------
    (float, Clusters)
        Mean log-likelihood (plus a constant), and the clusters.
    """
    total = counts.sum()
    squares = points**2
    mean = counts @ points / total
    variance = np.maximum(counts @ squares / total - mean**2, 0.0)
    # A feature of weight 0 is 0 for all: any spread will do.
    floor = MIN_SPREAD**2 * np.where(variance > 0, variance, 1.0)
    before = -np.inf
    with thread_pools().limit(limits=1):
        for _ in range(max_steps):
            # Maximisation: centre, spread and weight of what is likely its.
            shares = shares * counts[:, None]
            sizes = np.maximum(shares.sum(axis=0), 1e-9)
            centers = shares.T @ points / sizes[:, None]
            variances = shares.T @ squares / sizes[:, None] - centers**2
            variances = np.maximum(variances, floor)
            offsets = np.log(variances).sum(axis=1) - 2 * np.log(sizes / total)
            # Expectation: how likely each cluster is for each point.
            precisions = 1.0 / variances
            scores = (
                squares @ precisions.T
                - 2.0 * (points @ (centers * precisions).T)
                + (centers**2 * precisions).sum(axis=1)
                + offsets
            )
            nearest = scores.min(axis=1, keepdims=True)
            shares = np.exp((nearest - scores) / 2.0)
            sums = shares.sum(axis=1, keepdims=True)
            shares /= sums
            likelihood = float(
                counts @ (np.log(sums) - nearest / 2.0).ravel() / total
            )
            if likelihood - before < TOLERANCE:
                break
            before = likelihood
    clusters = Clusters(
        round_significant(centers),
        round_significant(np.sqrt(variances)),
        round_significant(offsets - offsets.min()),
    )
    return likelihood, clusters
