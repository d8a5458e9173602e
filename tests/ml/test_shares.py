"""Shares and their ratios: intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from ml.shares import (
    adjusted_p_values,
    clustered_share,
    cohens_h,
    difference_p_value,
    exact_p_value,
    ratio_interval,
    wilson_interval,
)


def arrays(*values: float) -> list[np.ndarray]:
    return [np.array([value], dtype=float) for value in values]


def ratio(x: float, n: float, y: float, m: float) -> tuple[float, float]:
    low, high = ratio_interval(*arrays(x / n, n, y / m, m))
    return float(low[0]), float(high[0])


@pytest.mark.parametrize(("hits", "known"), [(0, 20), (7, 34), (50, 50)])
def test_wilson_intervals_are_those_of_scipy(hits: int, known: int):
    low, high = wilson_interval(*arrays(hits, known))
    wanted = stats.binomtest(hits, known).proportion_ci(method="wilson")
    assert low[0] == pytest.approx(wanted.low, abs=1e-12)
    assert high[0] == pytest.approx(wanted.high, abs=1e-12)
    assert low[0] <= hits / known <= high[0]


def test_of_nothing_an_interval_says_nothing():
    low, high = wilson_interval(*arrays(0, 0))
    assert (low[0], high[0]) == (0, 1)


@pytest.mark.parametrize(
    ("x", "n", "y", "m"),
    [(7, 34, 1, 34), (40, 50, 300, 900), (3, 40, 60, 70), (50, 50, 10, 80)],
)
def test_a_ratio_ends_where_the_difference_begins_to_be_none(
    x: int, n: int, y: int, m: int
):
    """The ends are the roots of Newcombe's interval of p - R q."""
    p, q = x / n, y / m
    (low, high), (other_low, other_high) = (
        [one[0] for one in wilson_interval(*arrays(hits, known))]
        for hits, known in ((x, n), (y, m))
    )

    def below(r: float) -> float:
        return p - r * q - np.hypot(p - low, r * (other_high - q))

    def above(r: float) -> float:
        return p - r * q + np.hypot(high - p, r * (q - other_low))

    found = ratio(x, n, y, m)
    assert found[0] == pytest.approx(brentq(below, 0, p / q), rel=1e-9)
    assert found[1] == pytest.approx(brentq(above, p / q, 1e4), rel=1e-9)


def test_a_ratio_agrees_with_katz_where_there_are_many():
    x, n, y, m = 4_000, 10_000, 15_000, 60_000
    katz = stats.contingency.relative_risk(x, n, y, m).confidence_interval()
    assert ratio(x, n, y, m) == pytest.approx((katz.low, katz.high), rel=2e-3)


def test_a_ratio_to_nobody_has_no_upper_end():
    low, high = ratio(20, 100, 0, 100)
    assert low > 1
    assert np.isinf(high)
    assert ratio(0, 100, 20, 100)[0] == 0


@pytest.mark.parametrize(
    ("p", "n", "q", "m"),
    [(0.06, 200, 0.1, 3_000), (0.4, 60, 0.25, 1_000), (0.97, 300, 0.9, 4_000)],
)
def test_a_ratio_covers_the_truth_in_95_of_100(
    p: float, n: int, q: float, m: int
):
    random = np.random.default_rng(1)
    count = 4_000
    own = random.binomial(n, p, count) / n
    others = random.binomial(m, q, count) / m
    low, high = ratio_interval(
        own, np.full(count, float(n)), others, np.full(count, float(m))
    )
    covered = ((low <= p / q) & (p / q <= high)).mean()
    assert 0.935 < covered < 0.97


def shoppers(
    random: np.random.Generator, count: int, share: float, alike: float
) -> dict[str, np.ndarray]:
    """Return the sums of customers whose shares spread around the share."""
    orders = 1 + random.poisson(6, count)
    own = random.beta(share * alike, (1 - share) * alike, count)
    hits = random.binomial(orders, own)
    return {
        "hits": np.array([hits.sum()], dtype=float),
        "base": np.array([orders.sum()], dtype=float),
        "hits_squared": np.array([(hits**2).sum()], dtype=float),
        "hits_base": np.array([(hits * orders).sum()], dtype=float),
        "base_squared": np.array([(orders**2).sum()], dtype=float),
        "count_clusters": np.array([count], dtype=float),
    }


def test_events_of_one_customer_count_as_less_than_many():
    """Customers with habits: taken as independent, one in three is missed."""
    random = np.random.default_rng(2)
    truth = 0.3 / 0.2
    rounds = 1_500
    covered = naive = 0
    for _ in range(rounds):
        own = shoppers(random, 150, 0.3, 1.5)
        others = shoppers(random, 900, 0.2, 1.5)
        share, _, count = clustered_share(**own)
        other, _, other_count = clustered_share(**others)
        low, high = ratio_interval(share, count, other, other_count)
        covered += bool(low[0] <= truth <= high[0])
        low, high = ratio_interval(share, own["base"], other, others["base"])
        naive += bool(low[0] <= truth <= high[0])
    assert 0.935 < covered / rounds < 0.97
    assert naive / rounds < 0.8


def test_no_difference_is_found_in_one_of_twenty():
    random = np.random.default_rng(3)
    found = []
    for _ in range(1_500):
        own = clustered_share(**shoppers(random, 150, 0.2, 1.5))
        others = clustered_share(**shoppers(random, 900, 0.2, 1.5))
        found.append(difference_p_value(*own[:2], *others[:2])[0] < 0.05)
    assert 0.03 < np.mean(found) < 0.07


def test_one_event_per_customer_is_a_plain_share():
    share, variance, count = clustered_share(
        hits=np.array([30.0]),
        base=np.array([100.0]),
        hits_squared=np.array([30.0]),
        hits_base=np.array([30.0]),
        base_squared=np.array([100.0]),
        count_clusters=np.array([100.0]),
    )
    assert share[0] == 0.3
    assert variance[0] == pytest.approx(0.3 * 0.7 / 99)
    assert count[0] == pytest.approx(99)


@pytest.mark.parametrize("hits", [0.0, 100.0])
def test_a_share_of_none_or_all_counts_customers_and_not_events(hits: float):
    """Ten customers of ten orders each are ten, however alike they were."""
    share, variance, count = clustered_share(
        hits=np.array([hits]),
        base=np.array([100.0]),
        hits_squared=np.array([hits * 10]),
        hits_base=np.array([hits * 10]),
        base_squared=np.array([1_000.0]),
        count_clusters=np.array([10.0]),
    )
    assert (share[0], variance[0]) == (hits / 100, 0)
    assert count[0] == pytest.approx(10)


def test_exact_p_values_are_twice_the_smaller_tail_of_fisher():
    table = [[12, 28], [100, 860]]
    tails = [
        stats.fisher_exact(table, alternative=side).pvalue
        for side in ("less", "greater")
    ]
    found = exact_p_value(*arrays(12, 40, 112, 1_000))
    assert found[0] == pytest.approx(2 * min(tails), rel=1e-9)


def test_a_difference_without_doubt_is_certain():
    one, none = np.ones(1), np.zeros(1)
    assert difference_p_value(one, none, none, none)[0] == 0
    assert difference_p_value(one, none, one, none)[0] == 1


def test_cohens_h_of_published_values():
    """Cohen 1988, table 6.2.2: phi(.70) - phi(.50) = .41, small at .20."""
    found = cohens_h(*arrays(0.7, 0.5))
    assert found[0] == pytest.approx(0.4115, abs=5e-4)


def test_adjusting_is_that_of_benjamini_and_hochberg():
    """Their own example: 15 p-values, 4 rejected at 0.05."""
    p_values = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
        *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
    ]
    assert (adjusted_p_values(np.array(p_values)) <= 0.05).sum() == 4
    assert len(adjusted_p_values(np.array([]))) == 0
