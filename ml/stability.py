"""How far clusters survive a second look at the same kind of data.

Four measures, each of another doubt: *would a cluster come back from another
sample* (bootstrap Jaccard, Hennig 2007), *would half of the data predict who
belongs together in the other half* (prediction strength, Tibshirani & Walther
2005), *would it describe the other half* (held-out likelihood, Smyth 2000), and
*are members nearer to each other than to the next cluster*
(silhouette, Rousseeuw 1987). Every resample is clustered from scratch with
fresh seeds: a start from the clusters under test would flatter them.
"""

from __future__ import annotations

import numpy as np

from ml.algorithms import KMEANS, Algorithm
from ml.clustering import Clusters, IntArray, assign
from ml.columns import FloatArray
from ml.mixture import log_density, widen

LARGEST_SEED = 2**31 - 1


def bootstrap_jaccard(
    points: FloatArray,
    clusters: Clusters,
    *,
    random_state: int,
    n_boot: int = 20,
    algorithm: Algorithm = KMEANS,
) -> FloatArray:
    """Measure how well each cluster is found again in bootstrap samples.

    Draw n rows with replacement, cluster them, and compare on the rows drawn:
    per original cluster the largest Jaccard similarity with a new cluster,
    averaged over the resamples.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    clusters : Clusters
        The clusters under test.
    random_state, n_boot : int
        Seed, count of resamples.
    algorithm : Algorithm
        What made them, and clusters the resamples.

    Returns
    -------
    ndarray of shape (k,)
        0-1; an empty cluster has 0.

    References
    ----------
    Hennig (2007), Cluster-wise assessment of cluster stability,
    Computational Statistics & Data Analysis 52.
    """
    rng = np.random.default_rng(random_state)
    n_points, n_clusters = len(points), len(clusters.centers)
    labels = assign(points, clusters).cluster_id
    total = np.zeros(n_clusters)
    for _ in range(n_boot):
        times = np.bincount(
            rng.integers(n_points, size=n_points), minlength=n_points
        )
        drawn = np.flatnonzero(times)
        if len(drawn) < n_clusters:
            continue
        again = algorithm.fit(
            points[drawn],
            n_clusters,
            random_state=int(rng.integers(LARGEST_SEED)),
            n_init=algorithm.n_init_again,
            weights=times[drawn].astype(np.float64),
        )
        new_labels = assign(points[drawn], again).cluster_id
        shared = contingency(labels[drawn], new_labels, n_clusters)
        total += jaccard(shared).max(axis=1)
    return total / n_boot


def prediction_strength(
    points: FloatArray,
    n_clusters: int,
    *,
    random_state: int,
    n_splits: int = 8,
    algorithm: Algorithm = KMEANS,
) -> float:
    """Measure how well one half predicts the clusters of the other half.

    Both halves are clustered; the pairs of a test cluster that the training
    half also puts together are counted from the contingency table. The worst
    test cluster counts; the mean over the splits, each taken both ways.

    Parameters
    ----------
    points : ndarray of shape (n, d), n at least 2 * n_clusters
    n_clusters : int
    random_state, n_splits : int
        Seed, count of splits.
    algorithm : Algorithm

    Returns
    -------
    float
        0-1. A test cluster of fewer than two points has no pair to predict
        and counts 0.

    References
    ----------
    Tibshirani & Walther (2005), Cluster validation by prediction strength,
    Journal of Computational and Graphical Statistics 14.
    """
    rng = np.random.default_rng(random_state)
    strengths = []
    for _ in range(n_splits):
        order = rng.permutation(len(points))
        half = len(points) // 2
        halves = (points[order[:half]], points[order[half:]])
        fits = [
            algorithm.fit(
                part,
                n_clusters,
                random_state=int(rng.integers(LARGEST_SEED)),
                n_init=algorithm.n_init_again,
            )
            for part in halves
        ]
        for test, own, other in (
            (halves[0], fits[0], fits[1]),
            (halves[1], fits[1], fits[0]),
        ):
            shared = contingency(
                assign(test, own).cluster_id,
                assign(test, other).cluster_id,
                n_clusters,
            )
            sizes = shared.sum(axis=1)
            pairs = (shared * (shared - 1)).sum(axis=1)
            strengths.append((pairs / np.maximum(sizes * (sizes - 1), 1)).min())
    return float(np.mean(strengths))


def held_out_likelihood(
    points: FloatArray,
    n_clusters: int,
    *,
    random_state: int,
    algorithm: Algorithm = KMEANS,
) -> float:
    """Measure how well clusters of one half describe the other half.

    Each half is clustered; each cluster, as the Gaussian of its members with
    a spread per feature, says how likely the other half's points are. So a
    border in the wrong place shows, whoever drew it.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    n_clusters : int
    random_state : int
    algorithm : Algorithm

    Returns
    -------
    float
        Mean log density per point and per feature that varies.

    References
    ----------
    Smyth (2000), Model selection for probabilistic clustering using
    cross-validated likelihood, Statistics and Computing 10.
    """
    points = points[:, points.std(axis=0) > 0]
    order = np.random.default_rng(random_state).permutation(len(points))
    halves = np.array_split(points[order], 2)
    densities = []
    for own, other in (halves, halves[::-1]):
        clusters = algorithm.fit(
            own,
            n_clusters,
            random_state=random_state,
            n_init=algorithm.n_init_again,
        )
        densities.append(log_density(other, widen(own, clusters)))
    return float(np.concatenate(densities).mean() / points.shape[1])


def silhouette(distances: FloatArray, labels: IntArray) -> float:
    """Mean silhouette width of a clustering.

    Parameters
    ----------
    distances : ndarray of shape (n, n)
        Pairwise distances; computed once by the caller, who bounds n.
    labels : ndarray of shape (n,)
        Cluster of each point, from 0.

    Returns
    -------
    float
        -1 to 1; a point alone in its cluster counts 0, and so does a
        clustering of fewer than two filled clusters.

    References
    ----------
    Rousseeuw (1987), Silhouettes, Journal of Computational and Applied
    Mathematics 20.
    """
    _, labels = np.unique(labels, return_inverse=True)
    sizes = np.bincount(labels)
    if len(sizes) < 2:
        return 0.0
    rows = np.arange(len(labels))
    sums = distances @ np.eye(len(sizes))[labels]
    own_size = sizes[labels]
    within = sums[rows, labels] / np.maximum(own_size - 1, 1)
    means = sums / sizes
    means[rows, labels] = np.inf
    between = means.min(axis=1)
    widest = np.maximum(within, between)
    width = (between - within) / np.where(widest > 0, widest, 1.0)
    return float(np.where(own_size > 1, width, 0.0).mean())


def contingency(rows: IntArray, columns: IntArray, size: int) -> IntArray:
    """Count the points of each pair of labels; shape (size, size)."""
    counts = np.bincount(rows * size + columns, minlength=size * size)
    return counts.reshape(size, size)


def jaccard(shared: IntArray) -> FloatArray:
    """Jaccard similarity of every row set with every column set.

    Parameters
    ----------
    shared : ndarray of shape (a, b)
        Contingency table of two groupings of the same points.

    Returns
    -------
    ndarray of shape (a, b)
        0-1; 0 where both sets are empty.
    """
    union = (
        shared.sum(axis=1, keepdims=True)
        + shared.sum(axis=0, keepdims=True)
        - shared
    )
    return np.asarray(shared / np.maximum(union, 1), dtype=np.float64)
