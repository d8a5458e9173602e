from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from homes import Home
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_rand_score

from ml.algorithms import ALGORITHMS, KMEANS, MIXTURE
from ml.clustering import assign
from ml.columns import CRITERIA_COLUMNS
from ml.scaling import apply_scaling, fit_scaling
from ml.selection import _decide, choose_k
from ml.separation import Separation, gaussian_copula_reference
from orchestration.lib.models import segmentation_specs

SHARES = [0.35, 0.22, 0.16, 0.12, 0.10, 0.05]
FAST = {"n_boot": 8, "n_references": 10, "max_reference_points": 600}


def planted(
    separation: float, seed: int, count: int = 1200
) -> tuple[np.ndarray, np.ndarray]:
    """Six unequal Gaussian personas, equally far apart, randomly turned."""
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    centers = turned[:6] * separation / np.sqrt(2)
    labels = rng.choice(6, count, p=SHARES)
    return centers[labels] + rng.normal(size=(count, 8)), labels


def elongated(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(1200, 8)) * np.array([4.0] + [1.0] * 7)
    return points @ np.linalg.qr(rng.normal(size=(8, 8)))[0]


def unequal(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A wide persona with two narrow ones in its skirts."""
    rng = np.random.default_rng(seed)
    centers = np.linalg.qr(rng.normal(size=(6, 6)))[0][:3] * 4 / np.sqrt(2)
    spreads = np.array([2.0, 0.5, 0.3])
    labels = rng.choice(3, 1200, p=[0.6, 0.25, 0.15])
    noise = rng.normal(size=(1200, 6)) * spreads[labels][:, None]
    return centers[labels] + noise, labels


def behaviour(seed: int) -> np.ndarray:
    """Features as a shop has them, each on its own: shares, counts, zeros."""
    rng = np.random.default_rng(seed)
    n = 1200
    shares = rng.beta(0.5, 0.5, size=(n, 3))
    counts = np.log1p(rng.poisson(rng.gamma(1.0, 3.0, size=(n, 3))))
    money = rng.normal(size=(n, 3))
    rare = np.where(rng.random((n, 2)) < 0.7, 0.0, rng.random((n, 2)))
    points = np.column_stack([shares, counts, money, rare])
    return points / points.std(axis=0)


def test_separated_personas_are_found_and_natural():
    points, labels = planted(8.0, seed=0)
    selection = choose_k(points, k_range=range(2, 9), **FAST)
    assert (selection.n_clusters, selection.verdict) == (6, "natural")
    found = assign(points, selection.clusters).cluster_id
    assert adjusted_rand_score(labels, found) > 0.99
    assert selection.jaccards.shape == (6,)
    assert "6 groups" in selection.reason


@pytest.mark.parametrize("seed", [0])
def test_overlapping_personas_of_unequal_size_are_found(seed):
    points, labels = planted(5.0, seed=seed)
    selection = choose_k(points, k_range=range(2, 9), **FAST)
    assert selection.n_clusters == 6
    assert selection.verdict in {"natural", "constructed"}
    found = assign(points, selection.clusters).cluster_id
    assert adjusted_rand_score(labels, found) > 0.88


@pytest.mark.parametrize("seed", [0])
def test_noise_has_no_personas(seed):
    rng = np.random.default_rng(seed)
    for points in (
        rng.uniform(size=(1000, 8)),
        rng.normal(size=(1000, 8)),
    ):
        selection = choose_k(
            points, k_range=range(2, 6), random_state=seed, **FAST
        )
        assert selection.verdict == "none"
        assert "No grouping is trustworthy" in selection.reason
        assert selection.n_clusters is None
        assert len(selection.clusters.centers) == 0
        assert len(selection.jaccards) == 0
        assert not selection.criteria["is_chosen"].any()


@pytest.mark.parametrize("seed", [0])
def test_a_long_cloud_is_stable_yet_never_natural(seed):
    selection = choose_k(elongated(seed), k_range=range(2, 6), **FAST)
    assert selection.criteria["mean_jaccard"].iloc[0] > 0.9
    assert selection.verdict == "reproducible"
    assert "continuum" in selection.reason


@pytest.mark.parametrize("seed", [0])
def test_shuffled_columns_are_never_natural(seed):
    points, _ = planted(8.0, seed=seed)
    rng = np.random.default_rng(seed)
    shuffled = np.column_stack([rng.permutation(c) for c in points.T])
    selection = choose_k(shuffled, k_range=range(2, 7), **FAST)
    assert selection.verdict != "natural"


def test_small_clusters_rule_a_k_out():
    rng = np.random.default_rng(0)
    centers = np.array([[0, 0], [20, 0], [0, 40]], float)
    labels = np.repeat([0, 1, 2], [600, 390, 10])
    points = centers[labels] + rng.normal(size=(1000, 2))
    selection = choose_k(points, k_range=range(2, 5), **FAST)
    criteria = selection.criteria.set_index(["algorithm", "count_clusters"])
    assert "floor" in criteria.loc[("kmeans", 3), "note"]
    assert selection.n_clusters != 3
    lenient = choose_k(
        points, k_range=(3,), min_share=0.005, min_customers=5, **FAST
    )
    assert lenient.n_clusters == 3


def test_the_criteria_are_a_tidy_table():
    points, _ = planted(8.0, seed=0)
    selection = choose_k(points[:600], k_range=(2, 6, 30), **FAST)
    assert list(selection.criteria.columns) == CRITERIA_COLUMNS
    assert selection.criteria["count_clusters"].tolist() == [2, 6, 30] * 2
    assert selection.criteria["algorithm"].unique().tolist() == [*ALGORITHMS]
    assert selection.criteria["is_chosen"].sum() == 1
    assert "too few customers" in selection.criteria["note"].iloc[2]


def test_same_seed_same_choice():
    points, _ = planted(5.0, seed=0, count=600)
    one, two = (choose_k(points, k_range=(5, 6), **FAST) for _ in range(2))
    np.testing.assert_array_equal(one.clusters.centers, two.clusters.centers)
    assert one.criteria.equals(two.criteria)


def test_reference_keeps_marginals_and_rank_correlations():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=1500)
    points = np.column_stack(
        [
            np.exp(hidden + rng.normal(size=1500)),
            np.maximum(hidden + rng.normal(size=1500), 0.0),  # many zeros
            rng.poisson(np.exp(-hidden)),
            hidden + 0.3 * rng.normal(size=1500) > 0.8,  # yes or no
            hidden + 0.3 * rng.normal(size=1500) > 0.3,
        ]
    )
    reference = gaussian_copula_reference(points, random_state=1)
    np.testing.assert_array_equal(
        np.sort(points, axis=0), np.sort(reference, axis=0)
    )
    np.testing.assert_allclose(
        spearmanr(points).statistic,
        spearmanr(reference).statistic,
        atol=0.02,
    )
    assert (points != reference).any(axis=1).mean() > 0.9


def test_clusters_stand_apart_from_their_reference_and_noise_does_not():
    clusters = Separation(
        planted(6.0, seed=0)[0][:600], n_references=10, random_state=0
    ).of(6)
    noise = Separation(elongated(0)[:600], n_references=10, random_state=0)
    assert clusters["silhouette"] > clusters["reference_silhouette"] + 0.1
    at_two = noise.of(2)
    assert at_two["silhouette"] < at_two["reference_silhouette"] + 0.01


def measured(*rows: tuple, algorithm: str = "kmeans") -> pd.DataFrame:
    """Return (k, mean and min Jaccard, strength, separation) as criteria."""
    found = [
        {
            "algorithm": algorithm,
            "count_clusters": k,
            "mean_jaccard": mean,
            "min_jaccard": lowest,
            "prediction_strength": strength,
            "silhouette": 0.2 + separation,
            "reference_silhouette": 0.2,
            "held_out_likelihood": -0.5,
            "min_share": 0.1,
            "note": None,
        }
        for k, mean, lowest, strength, separation in rows
    ]
    return pd.DataFrame(found)


def decided(*rows: tuple) -> tuple[int | None, str]:
    """Apply the rule of one algorithm."""
    criteria = measured(*rows)
    index, verdict = _decide(criteria)
    return int(criteria["count_clusters"][index]), verdict


def algorithm_of(
    plain: tuple, mixture: tuple, gain: float = 0.0
) -> tuple[str, int]:
    """Let k-means and the mixture compete; gain is in held-out likelihood."""
    criteria = pd.concat(
        [
            measured(plain),
            measured(mixture, algorithm="mixture").assign(
                held_out_likelihood=-0.5 + gain
            ),
        ],
        ignore_index=True,
    )
    index, _ = _decide(criteria)
    row = criteria.loc[index]
    return row["algorithm"], int(row["count_clusters"])


def test_rule_1_takes_the_most_separated_not_the_most_stable():
    rows = ((2, 0.99, 0.99, 0.95, 0.05), (5, 0.90, 0.80, 0.85, 0.20))
    assert decided(*rows) == (5, "natural")


def test_rule_1_prefers_the_finer_of_equals():
    rows = ((5, 0.95, 0.90, 0.90, 0.20), (6, 0.90, 0.80, 0.75, 0.19))
    assert decided(*rows) == (6, "constructed")


def test_rule_1_prefers_equals_whose_every_cluster_comes_back():
    # Bug: in the sample company k = 8 split a persona in two and was chosen
    # for a silhouette a hair above that of the seven planted.
    rows = ((7, 0.99, 0.98, 0.96, 0.21), (8, 0.91, 0.55, 0.54, 0.22))
    assert decided(*rows) == (7, "natural")
    assert decided((8, 0.91, 0.55, 0.54, 0.22)) == (8, "constructed")


def test_rule_2_takes_the_finest_reproducible_cut():
    rows = (
        (2, 0.98, 0.98, 0.95, 0.0),
        (3, 0.95, 0.90, 0.85, 0.005),
        (4, 0.93, 0.88, 0.79, 0.0),
    )
    assert decided(*rows) == (3, "reproducible")


def test_rule_3_takes_the_most_stable_of_the_rest():
    rows = ((2, 0.70, 0.65, 0.85, 0.0), (3, 0.72, 0.65, 0.50, 0.05))
    assert decided(*rows) == (3, "constructed")


def test_rule_3_prefers_a_k_that_leaves_nobody_out():
    # The coarser k has every cluster above 0.60; the finer one would not
    # publish one of its clusters, and its customers would be unassigned.
    rows = ((3, 0.70, 0.61, 0.85, 0.0), (4, 0.73, 0.40, 0.82, 0.0))
    assert decided(*rows) == (3, "constructed")
    assert decided(rows[1]) == (4, "constructed")


def test_rule_1_prefers_a_k_that_leaves_nobody_out():
    # Bug: of Online Retail k = 10 was chosen for a separation of 0.011, with
    # a lowest Jaccard of 0.46: 15 % of the customers with 62 % of the net
    # amount were unassigned. k = 8 is as separated and has 0.71.
    rows = ((8, 0.85, 0.71, 0.49, 0.0101), (10, 0.76, 0.46, 0.41, 0.0112))
    assert decided(*rows) == (8, "constructed")


def test_k_means_is_taken_unless_the_mixture_sees_more():
    natural, finer = (3, 0.9, 0.9, 0.9, 0.1), (4, 0.9, 0.9, 0.9, 0.2)
    cut, constructed = (3, 0.9, 0.9, 0.9, 0.0), (3, 0.9, 0.7, 0.9, 0.1)
    assert algorithm_of(natural, finer) == ("kmeans", 3)
    assert algorithm_of(natural, finer, gain=0.049) == ("kmeans", 3)
    assert algorithm_of(natural, finer, gain=0.051) == ("mixture", 4)
    assert algorithm_of(constructed, finer, gain=-0.1) == ("mixture", 4)
    assert algorithm_of(cut, finer) == ("mixture", 4)
    assert algorithm_of(constructed, cut, gain=1.0) == ("kmeans", 3)


@pytest.mark.parametrize("seed", [0, 2])
def test_the_mixture_wins_where_spreads_are_unequal(seed):
    points, labels = unequal(seed)
    selection = choose_k(points, k_range=range(2, 6), **FAST)
    assert selection.algorithm is MIXTURE
    assert (selection.n_clusters, selection.verdict) == (3, "natural")
    found = assign(points, selection.clusters).cluster_id
    assert adjusted_rand_score(labels, found) > 0.95
    plain = KMEANS.fit(points, 3, random_state=0)
    assert adjusted_rand_score(labels, assign(points, plain).cluster_id) < 0.5


def test_round_groups_stay_with_k_means():
    points, _ = planted(8.0, seed=0)
    selection = choose_k(points, k_range=range(4, 8), **FAST)
    assert selection.algorithm is KMEANS
    criteria = selection.criteria.set_index(["algorithm", "count_clusters"])
    likelihood = criteria["held_out_likelihood"]
    gain = likelihood["mixture", 6] - likelihood["kmeans", 6]
    assert abs(gain) < 0.01


@pytest.mark.parametrize("seed", [0])
def test_spikes_and_tails_on_their_own_are_never_natural(seed):
    selection = choose_k(behaviour(seed), k_range=range(2, 7), **FAST)
    assert selection.verdict != "natural"


# -- minutes: the verdicts at full strength ----------------------------------

SEEDS = range(20)


def verdicts(points_of: Callable[[int], np.ndarray]) -> list[str]:
    return [
        choose_k(points_of(seed), random_state=seed).verdict for seed in SEEDS
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_noise_has_no_personas_in_nineteen_of_twenty(kind):
    def noise(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return getattr(rng, kind)(size=(1200, 8))

    assert verdicts(noise).count("none") >= 19


@pytest.mark.slow
def test_a_long_cloud_is_never_natural():
    assert "natural" not in verdicts(elongated)


@pytest.mark.slow
def test_the_sample_company_is_natural_and_shuffled_never(built: Home):
    frame = built.frame(
        "select * from marts.customer_features where window_orders > 0 "
        "order by customer_id"
    )
    points = apply_scaling(frame, fit_scaling(frame, segmentation_specs()))

    def shuffled(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return np.column_stack([rng.permutation(column) for column in points.T])

    assert choose_k(points).verdict == "natural"
    assert "natural" not in verdicts(shuffled)


@pytest.mark.slow
def test_separated_blobs_are_natural():
    assert set(verdicts(lambda seed: planted(8.0, seed)[0])) == {"natural"}


@pytest.mark.slow
def test_the_mixture_wins_most_often_where_spreads_are_unequal():
    chosen = [
        choose_k(unequal(seed)[0], random_state=seed).algorithm.name
        for seed in SEEDS
    ]
    assert chosen.count("mixture") >= 14


def test_separation_at_the_border_is_not_enough():
    assert decided((2, 0.9, 0.9, 0.9, 0.009)) == (2, "reproducible")
    assert decided((2, 0.9, 0.9, 0.9, 0.011)) == (2, "natural")
