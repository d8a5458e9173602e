from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from ml.clustering import assign, fit_kmeans, order_by_size, refine
from ml.columns import round_significant


def blobs(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centers = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]], float)
    labels = rng.choice(4, 600, p=[0.1, 0.4, 0.3, 0.2])
    return centers[labels] + rng.normal(size=(600, 3)), labels


def test_clusters_are_numbered_by_size():
    points, planted = blobs()
    centroids = fit_kmeans(points, 4, random_state=3)
    labels = assign(points, centroids).cluster_id
    sizes = np.bincount(labels)
    assert (np.diff(sizes) <= 0).all()
    assert [planted[labels == i][0] for i in range(4)] == [1, 2, 3, 0]
    np.testing.assert_array_equal(centroids, round_significant(centroids))


def test_repeated_fits_are_bit_identical():
    points, _ = blobs()
    once = fit_kmeans(points, 5, random_state=1)
    again = fit_kmeans(points, 5, random_state=1)
    np.testing.assert_array_equal(once, again)


def test_numbering_does_not_depend_on_the_seed():
    points, _ = blobs()
    fits = [fit_kmeans(points, 4, random_state=seed) for seed in range(4)]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit, fits[0], atol=1e-9)


def test_equal_sizes_are_ordered_by_coordinates():
    points = np.array([[1.0, 5], [1, 5], [0, 7], [0, 7], [1, 2], [1, 2]])
    centroids = np.array([[1.0, 5], [0, 7], [1, 2]])
    assert order_by_size(points, centroids).tolist() == [1, 2, 0]


def test_weights_count_like_repeated_rows():
    points, _ = blobs()
    times = np.random.default_rng(1).integers(1, 4, len(points))
    weighted = fit_kmeans(points, 4, random_state=0, weights=times * 1.0)
    repeated = fit_kmeans(points.repeat(times, axis=0), 4, random_state=0)
    np.testing.assert_allclose(weighted, repeated, atol=1e-6)


def test_assignment_equals_scikit_learn():
    points, _ = blobs()
    model = KMeans(4, n_init=1, random_state=0).fit(points)
    found = assign(points, model.cluster_centers_)
    np.testing.assert_array_equal(found.cluster_id, model.predict(points))
    distances = np.sort(model.transform(points), axis=1)
    np.testing.assert_allclose(found.distance, distances[:, 0])
    np.testing.assert_allclose(found.runner_up_distance, distances[:, 1])
    assert (found.runner_up_id != found.cluster_id).all()
    assert found.distance.dtype == np.float64


def test_ties_go_to_the_lowest_cluster_id():
    centroids = np.array([[2.0], [-1.0], [1.0]])
    found = assign(np.array([[0.0]]), centroids)
    assert (found.cluster_id[0], found.runner_up_id[0]) == (1, 2)


def test_refine_keeps_the_order_of_the_clusters():
    points, _ = blobs()
    centroids = fit_kmeans(points, 4, random_state=0)
    start = centroids[[2, 0, 3, 1]] + 0.5
    np.testing.assert_allclose(
        refine(points, start), centroids[[2, 0, 3, 1]], atol=1e-6
    )


def test_fewer_distinct_points_than_clusters_is_no_crash():
    points = np.repeat([[0.0, 1.0], [5.0, 5.0]], 20, axis=0)
    labels = assign(points, fit_kmeans(points, 3, random_state=0)).cluster_id
    assert len(np.unique(labels)) == 2


def test_impossible_requests_are_refused():
    with pytest.raises(ValueError, match="2 points cannot make 3 clusters"):
        fit_kmeans(np.zeros((2, 1)), 3, random_state=0)
    with pytest.raises(ValueError, match="no runner-up"):
        assign(np.zeros((2, 1)), np.zeros((1, 1)))
