"""K-means whose result is a table: centroids in, nearest centroid out.

Lloyd's algorithm with k-means++ seeding (Arthur & Vassilvitskii 2007), run on
one thread so that repeated runs agree to the last bit. A label from k-means
means nothing, so clusters are numbered by size and stored rounded: the same
data always give the same table, and SQL finds the same nearest centroid.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import (  # type: ignore[import-untyped]
    ThreadpoolController,
)

from ml.columns import FloatArray, round_significant

IntArray = NDArray[np.int64]


class Assignment(NamedTuple):
    """Nearest and second nearest cluster of n customers; arrays of shape (n,).

    Distances are Euclidean, in units of the scaled features.
    """

    cluster_id: IntArray
    distance: FloatArray
    runner_up_id: IntArray
    runner_up_distance: FloatArray


def fit_kmeans(
    points: FloatArray,
    n_clusters: int,
    *,
    random_state: int,
    n_init: int = 10,
    weights: FloatArray | None = None,
) -> FloatArray:
    """Fit k-means; the best of ``n_init`` starts.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    n_clusters : int
        At most n.
    random_state : int
    n_init : int
    weights : ndarray of shape (n,), optional
        How often each point counts.

    Returns
    -------
    ndarray of shape (n_clusters, d)
        Centroids, rounded to 12 significant digits; the cluster with most
        points first, ties by the centroid's coordinates.

    Raises
    ------
    ValueError
        When there are fewer points than clusters.
    """
    if len(points) < n_clusters:
        raise ValueError(
            f"{len(points)} points cannot make {n_clusters} clusters; "
            "lower n_clusters."
        )
    model = KMeans(
        n_clusters,
        n_init=n_init,
        random_state=random_state,
        algorithm="lloyd",
    )
    centroids = _fit(model, points, weights)
    return centroids[order_by_size(points, centroids, weights=weights)]


def refine(points: FloatArray, centroids: FloatArray) -> FloatArray:
    """Run Lloyd's algorithm on from given centroids; keep their order.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    centroids : ndarray of shape (k, d)

    Returns
    -------
    ndarray of shape (k, d)
        Cluster i is the continuation of cluster i.
    """
    model = KMeans(len(centroids), init=centroids, n_init=1, algorithm="lloyd")
    return _fit(model, points, None)


def assign(points: FloatArray, centroids: FloatArray) -> Assignment:
    """Find the nearest and second nearest centroid; ties: the lowest id.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    centroids : ndarray of shape (k, d), k at least 2

    Returns
    -------
    Assignment
        ``cluster_id`` is the row of the centroid, from 0.

    Raises
    ------
    ValueError
        When there are fewer than two centroids.
    """
    if len(centroids) < 2:
        raise ValueError(
            f"{len(centroids)} centroid(s) leave no runner-up; pass two."
        )
    squared = np.stack(
        [((points - centroid) ** 2).sum(axis=1) for centroid in centroids],
        axis=1,
    )
    rows = np.arange(len(points))
    nearest = squared.argmin(axis=1)
    distance = np.sqrt(squared[rows, nearest])
    squared[rows, nearest] = np.inf
    second = squared.argmin(axis=1)
    return Assignment(nearest, distance, second, np.sqrt(squared[rows, second]))


def order_by_size(
    points: FloatArray,
    centroids: FloatArray,
    *,
    weights: FloatArray | None = None,
) -> IntArray:
    """Order clusters: most points first, ties by the centroid's coordinates.

    Returns
    -------
    ndarray of shape (k,)
        Rows of ``centroids`` in their new order.
    """
    if len(centroids) < 2:
        return np.arange(len(centroids))
    labels = assign(points, centroids).cluster_id
    sizes = np.bincount(labels, weights=weights, minlength=len(centroids))
    return np.lexsort((*centroids.T[::-1], -sizes))


def _fit(
    model: KMeans, points: FloatArray, weights: FloatArray | None
) -> FloatArray:
    with _thread_pools().limit(limits=1), warnings.catch_warnings():
        # Fewer distinct points than clusters: the surplus clusters stay
        # empty, which the floor on cluster size catches.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points, sample_weight=weights)
    return round_significant(model.cluster_centers_)


@cache
def _thread_pools() -> Any:
    # Looking for the loaded libraries takes longer than a small fit.
    return ThreadpoolController()
