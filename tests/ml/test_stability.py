from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from ml.algorithms import ALGORITHMS, Algorithm
from ml.clustering import assign, fit_kmeans, round_clusters
from ml.stability import (
    bootstrap_jaccard,
    contingency,
    jaccard,
    prediction_strength,
    silhouette,
)

both = pytest.mark.parametrize(
    "algorithm", ALGORITHMS.values(), ids=ALGORITHMS.keys()
)


def blobs(seed: int = 0, count: int = 450) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centers = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0]], float)
    return centers[rng.choice(3, count)] + rng.normal(size=(count, 3))


@both
def test_true_clusters_are_found_again(algorithm: Algorithm):
    points = blobs()
    clusters = algorithm.fit(points, 3, random_state=0)
    found = bootstrap_jaccard(
        points, clusters, random_state=0, algorithm=algorithm
    )
    assert found.min() > 0.97
    strength = prediction_strength(
        points, 3, random_state=0, algorithm=algorithm
    )
    assert strength > 0.97


@both
def test_a_split_cluster_is_unstable_and_only_that_one(algorithm: Algorithm):
    points = blobs()
    clusters = algorithm.fit(points, 4, random_state=0)
    found = bootstrap_jaccard(
        points, clusters, random_state=0, algorithm=algorithm
    )
    assert np.sort(found)[2:].min() > 0.85
    assert np.sort(found)[:2].max() < 0.85
    strength = prediction_strength(
        points, 4, random_state=0, algorithm=algorithm
    )
    assert strength < 0.7


@both
def test_noise_is_not_stable(algorithm: Algorithm):
    points = np.random.default_rng(0).normal(size=(1000, 8))
    clusters = algorithm.fit(points, 4, random_state=0)
    found = bootstrap_jaccard(
        points, clusters, random_state=0, algorithm=algorithm
    )
    assert found.mean() < 0.5
    strength = prediction_strength(
        points, 4, random_state=0, algorithm=algorithm
    )
    assert strength < 0.5


def test_a_false_clustering_of_good_data_is_unstable():
    # What is judged are the centroids passed in, not the best possible ones.
    points = blobs()
    wrong = round_clusters(np.array([[4.5, 0, -1.0], [4.5, 0, 1.0], [0, 9, 0]]))
    found = bootstrap_jaccard(points, wrong, random_state=0)
    assert found[:2].max() < 0.6
    assert found[2] > 0.95


def test_the_seed_decides():
    points = np.random.default_rng(0).normal(size=(300, 4))
    centroids = fit_kmeans(points, 3, random_state=0)
    one, same, other = (
        bootstrap_jaccard(points, centroids, random_state=seed, n_boot=3)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_silhouette_equals_scikit_learn():
    points = blobs(count=200)
    labels = assign(points, fit_kmeans(points, 5, random_state=0)).cluster_id
    assert silhouette(cdist(points, points), labels) == pytest.approx(
        silhouette_score(points, labels)
    )
    shifted = labels + 3  # cluster ids that are not all filled
    assert silhouette(cdist(points, points), shifted) == pytest.approx(
        silhouette_score(points, labels)
    )


def test_silhouette_of_one_cluster_or_equal_points_is_zero():
    points = np.zeros((6, 2))
    distances = cdist(points, points)
    assert silhouette(distances, np.zeros(6, dtype=np.int64)) == 0.0
    assert silhouette(distances, np.array([0, 0, 0, 1, 1, 1])) == 0.0


def test_jaccard_of_a_table_counted_by_hand():
    rows = np.array([0, 0, 0, 1, 1])
    columns = np.array([0, 0, 1, 1, 1])
    shared = contingency(rows, columns, 3)
    np.testing.assert_array_equal(shared, [[2, 1, 0], [0, 2, 0], [0, 0, 0]])
    np.testing.assert_allclose(
        jaccard(shared), [[2 / 3, 1 / 5, 0], [0, 2 / 3, 0], [0, 0, 0]]
    )
