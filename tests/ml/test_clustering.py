from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from ml.algorithms import ALGORITHMS, MIXTURE, Algorithm
from ml.clustering import (
    Clusters,
    assign,
    fit_kmeans,
    order_by_size,
    round_clusters,
)
from ml.columns import round_significant

both = pytest.mark.parametrize(
    "algorithm", ALGORITHMS.values(), ids=ALGORITHMS.keys()
)


def blobs(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centers = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]], float)
    labels = rng.choice(4, 600, p=[0.1, 0.4, 0.3, 0.2])
    return centers[labels] + rng.normal(size=(600, 3)), labels


@both
def test_clusters_are_numbered_by_size(algorithm: Algorithm):
    points, planted = blobs()
    clusters = algorithm.fit(points, 4, random_state=3)
    labels = assign(points, clusters).cluster_id
    sizes = np.bincount(labels)
    assert (np.diff(sizes) <= 0).all()
    assert [planted[labels == i][0] for i in range(4)] == [1, 2, 3, 0]
    for part in clusters:
        np.testing.assert_array_equal(part, round_significant(part))


@both
def test_repeated_fits_are_bit_identical(algorithm: Algorithm):
    points, _ = blobs()
    once = algorithm.fit(points, 5, random_state=1)
    again = algorithm.fit(points, 5, random_state=1)
    for part, same in zip(once, again, strict=True):
        np.testing.assert_array_equal(part, same)


@both
def test_numbering_does_not_depend_on_the_seed(algorithm: Algorithm):
    points, _ = blobs()
    fits = [algorithm.fit(points, 4, random_state=seed) for seed in range(4)]
    for fit in fits[1:]:
        for part, same in zip(fit, fits[0], strict=True):
            np.testing.assert_allclose(part, same, atol=1e-6)


def test_equal_sizes_are_ordered_by_coordinates():
    points = np.array([[1.0, 5], [1, 5], [0, 7], [0, 7], [1, 2], [1, 2]])
    clusters = round_clusters(np.array([[1.0, 5], [0, 7], [1, 2]]))
    assert order_by_size(points, clusters).tolist() == [1, 2, 0]


@both
def test_weights_count_like_repeated_rows(algorithm: Algorithm):
    points, _ = blobs()
    times = np.random.default_rng(1).integers(1, 4, len(points))
    weighted = algorithm.fit(points, 4, random_state=0, weights=times * 1.0)
    repeated = algorithm.fit(points.repeat(times, axis=0), 4, random_state=0)
    for part, same in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(part, same, atol=1e-3)


def test_assignment_equals_scikit_learn():
    points, _ = blobs()
    model = KMeans(4, n_init=1, random_state=0).fit(points)
    found = assign(points, round_clusters(model.cluster_centers_))
    np.testing.assert_array_equal(found.cluster_id, model.predict(points))
    distances = np.sort(model.transform(points), axis=1)
    np.testing.assert_allclose(found.distance, distances[:, 0])
    np.testing.assert_allclose(found.runner_up_distance, distances[:, 1])
    assert (found.runner_up_id != found.cluster_id).all()
    assert found.distance.dtype == np.float64


def test_ties_go_to_the_lowest_cluster_id():
    clusters = round_clusters(np.array([[2.0], [-1.0], [1.0]]))
    found = assign(np.array([[0.0]]), clusters)
    assert (found.cluster_id[0], found.runner_up_id[0]) == (1, 2)


@both
def test_refine_keeps_the_order_of_the_clusters(algorithm: Algorithm):
    points, _ = blobs()
    clusters = algorithm.fit(points, 4, random_state=0)
    wanted = clusters.take(np.array([2, 0, 3, 1]))
    start = wanted._replace(centers=wanted.centers + 0.5)
    refined = algorithm.refine(points, start)
    for part, same in zip(refined, wanted, strict=True):
        np.testing.assert_allclose(part, same, atol=1e-3)


def test_fewer_distinct_points_than_clusters_is_no_crash():
    points = np.repeat([[0.0, 1.0], [5.0, 5.0]], 20, axis=0)
    labels = assign(points, fit_kmeans(points, 3, random_state=0)).cluster_id
    assert len(np.unique(labels)) == 2


def test_impossible_requests_are_refused():
    with pytest.raises(ValueError, match="2 points cannot make 3 clusters"):
        fit_kmeans(np.zeros((2, 1)), 3, random_state=0)
    with pytest.raises(ValueError, match="no runner-up"):
        assign(np.zeros((2, 1)), round_clusters(np.zeros((1, 1))))


def test_the_mixture_is_scored_as_scikit_learn_does():
    points, _ = blobs()
    found = MIXTURE.fit(points, 4, random_state=0)
    # Offsets say the weights, but for a constant.
    weights = np.exp(np.log(found.spreads).sum(axis=1) - found.offsets / 2)
    model = GaussianMixture(4, covariance_type="diag")
    model.weights_ = weights / weights.sum()
    model.means_, model.covariances_ = found.centers, found.spreads**2
    model.precisions_cholesky_ = 1.0 / found.spreads
    chances = np.sort(model.predict_proba(points), axis=1)
    nearest = assign(points, found)
    np.testing.assert_array_equal(nearest.cluster_id, model.predict(points))
    np.testing.assert_allclose(
        MIXTURE.confidence(nearest),
        1 - chances[:, -2] / chances[:, -1],
        atol=1e-9,
    )


def test_the_mixture_is_as_likely_as_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 900, p=[0.6, 0.3, 0.1])
    centers = np.array([[0, 0, 0], [3, 0, 2], [0, 4, -2]])
    spreads = np.array([[2.0, 1, 1], [0.8, 2, 1], [1, 1, 3]])
    points = centers[labels] + rng.normal(size=(900, 3)) * spreads[labels]
    model = GaussianMixture(
        3, covariance_type="diag", n_init=8, random_state=0, tol=1e-6
    ).fit(points)
    found = MIXTURE.fit(points, 3, random_state=0)
    np.testing.assert_allclose(
        found.spreads[np.argsort(found.centers[:, 0])],
        np.sqrt(model.covariances_)[np.argsort(model.means_[:, 0])],
        atol=0.05,
    )


def test_a_spike_makes_no_narrow_cluster():
    # A feature that is exactly 0 for half of the people.
    rng = np.random.default_rng(0)
    points = rng.normal(size=(800, 3))
    points[:400, 0] = 0.0
    found = MIXTURE.fit(points, 2, random_state=0)
    assert (found.spreads >= 0.3 * points.std(axis=0) - 1e-9).all()


@both
def test_confidence_is_zero_on_the_border_and_one_deep_inside(
    algorithm: Algorithm,
):
    clusters = round_clusters(np.array([[-4.0], [4.0]]))
    found = assign(np.array([[-4.0], [-2.0], [0.0], [0.5]]), clusters)
    inside, near, border, beyond = algorithm.confidence(found)
    assert border == 0.0
    assert 0 < beyond < near < inside <= 1
    assert inside == pytest.approx(1.0, abs=1e-6)


def test_a_wide_cluster_reaches_beyond_a_narrow_neighbour():
    clusters = Clusters(
        np.array([[0.0], [3.0]]), np.array([[2.0], [0.5]]), np.array([1.0, 0])
    )
    found = assign(np.array([[2.0], [3.0], [6.0]]), clusters)
    assert found.cluster_id.tolist() == [0, 1, 0]
    np.testing.assert_allclose(found.distance[0], np.sqrt(1 + 1))
