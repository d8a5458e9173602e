"""Clusters whose form is a table: scored in SQL as in Python.

A cluster is a centre, a spread per feature and an offset. Its distance from a
point z is ``sqrt(offset + sum(((z - center) / spread) ** 2))``; the nearest
cluster has the point. K-means clusters have spread 1 and offset 0, so that the
distance is Euclidean; those of a mixture (``ml.mixture``) have their own. A
label from a fit means nothing, so clusters are numbered by size and stored
rounded: the same data always give the same table.

K-means is Lloyd's algorithm with k-means++ seeding (Arthur & Vassilvitskii
2007), run on one thread so that repeated runs agree to the last bit.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from ml.columns import FloatArray, round_significant
from ml.threads import thread_pools

IntArray = NDArray[np.int64]


class Clusters(NamedTuple):
    """The k clusters of a fit, in d features.

    ``centers`` and ``spreads`` have shape (k, d), spreads above 0; ``offsets``
    have shape (k,), none below 0.
    """

    centers: FloatArray
    spreads: FloatArray
    offsets: FloatArray

    def take(self, order: IntArray) -> Clusters:
        """Return the clusters of these rows, in this order."""
        return Clusters(*(part[order] for part in self))


class Assignment(NamedTuple):
    """Nearest and second nearest cluster of n customers; arrays of shape (n,).

    Distances are in units of the scaled features for k-means, in standard
    deviations of the cluster for a mixture.
    """

    cluster_id: IntArray
    distance: FloatArray
    runner_up_id: IntArray
    runner_up_distance: FloatArray


def round_clusters(centers: FloatArray) -> Clusters:
    """Return centres with spread 1 and offset 0: nearest by Euclid."""
    return Clusters(centers, np.ones_like(centers), np.zeros(len(centers)))


def fit_kmeans(
    points: FloatArray,
    n_clusters: int,
    *,
    random_state: int,
    n_init: int = 10,
    weights: FloatArray | None = None,
) -> Clusters:
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
    Clusters
        Centres rounded to 12 significant digits; the cluster with most
        points first, ties by the centre's coordinates.

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
    clusters = _fit(model, points, weights)
    return clusters.take(order_by_size(points, clusters, weights=weights))


def refine_kmeans(points: FloatArray, clusters: Clusters) -> Clusters:
    """Run Lloyd's algorithm on from given centres; keep their order.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    clusters : Clusters

    Returns
    -------
    Clusters
        Cluster i is the continuation of cluster i.
    """
    model = KMeans(
        len(clusters.centers),
        init=clusters.centers,
        n_init=1,
        algorithm="lloyd",
    )
    return _fit(model, points, None)


def assign(points: FloatArray, clusters: Clusters) -> Assignment:
    """Find the nearest and second nearest cluster; ties: the lowest id.

    Parameters
    ----------
    points : ndarray of shape (n, d)
    clusters : Clusters
        At least two.

    Returns
    -------
    Assignment
        ``cluster_id`` is the row of the cluster, from 0.

    Raises
    ------
    ValueError
        When there are fewer than two clusters.
    """
    if len(clusters.centers) < 2:
        raise ValueError(
            f"{len(clusters.centers)} cluster(s) leave no runner-up; pass two."
        )
    squared = np.stack(
        [
            offset + (((points - center) / spread) ** 2).sum(axis=1)
            for center, spread, offset in zip(*clusters, strict=True)
        ],
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
    clusters: Clusters,
    *,
    weights: FloatArray | None = None,
) -> IntArray:
    """Order clusters: most points first, ties by the centre's coordinates.

    Returns
    -------
    ndarray of shape (k,)
        Rows of ``clusters`` in their new order.
    """
    count = len(clusters.centers)
    if count < 2:
        return np.arange(count)
    labels = assign(points, clusters).cluster_id
    sizes = np.bincount(labels, weights=weights, minlength=count)
    return np.lexsort((*clusters.centers.T[::-1], -sizes))


def _fit(
    model: KMeans, points: FloatArray, weights: FloatArray | None
) -> Clusters:
    with thread_pools().limit(limits=1), warnings.catch_warnings():
        # Fewer distinct points than clusters: the surplus clusters stay
        # empty, which the floor on cluster size catches.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points, sample_weight=weights)
    return round_clusters(round_significant(model.cluster_centers_))
