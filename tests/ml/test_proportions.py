"""Two arms: intervals as published, tests as others count them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from ml import proportions
from ml.proportions import Comparison, compare

# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
NEWCOMBE = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ((10, 10), (0, 20), (0.6791, 1.0)),
    ((10, 10), (0, 10), (0.6075, 1.0)),
]


def two(own: tuple[int, int], other: tuple[int, int]) -> Comparison:
    """Return one stratum from (converted, customers) of both arms."""
    return compare(
        *(np.array([part]) for part in (own[1], own[0], other[1], other[0]))
    )


@pytest.mark.parametrize(("own", "other", "limits"), NEWCOMBE)
def test_the_difference_has_the_published_limits(
    own: tuple[int, int],
    other: tuple[int, int],
    limits: tuple[float, float],
) -> None:
    found = proportions.difference(two(own, other))
    assert (found.low, found.high) == pytest.approx(limits, abs=5.1e-5)
    assert found.value == pytest.approx(own[0] / own[1] - other[0] / other[1])


def test_swapped_arms_turn_the_interval_round() -> None:
    found = proportions.difference(two((5, 56), (9, 29)))
    turned = proportions.difference(two((9, 29), (5, 56)))
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))


def test_the_interval_covers_in_95_of_100_by_full_enumeration() -> None:
    covered = []
    for p, q in itertools.product((0.1, 0.2, 0.35), (0.05, 0.2, 0.5)):
        chance = np.outer(
            stats.binom.pmf(range(61), 60, p), stats.binom.pmf(range(41), 40, q)
        )
        inside = np.zeros_like(chance)
        for place in zip(*np.nonzero(chance > 1e-7), strict=True):
            found = proportions.difference(
                two((int(place[0]), 60), (int(place[1]), 40))
            )
            inside[place] = found.low <= p - q <= found.high
        covered.append(float((chance * inside).sum()))
    assert min(covered) >= 0.93
    assert max(covered) <= 0.97
    assert np.mean(covered) == pytest.approx(0.95, abs=0.01)


def koopman(
    own: tuple[int, int], other: tuple[int, int]
) -> tuple[float, float]:
    """Return the score interval of the ratio, by brute force.

    The ratios at which the likelihood-constrained chi-squared is 3.84.
    """

    def score(log_ratio: float) -> float:
        ratio = np.exp(log_ratio)

        def likelihood(q: float) -> float:
            p = ratio * q
            return -float(
                stats.binom.logpmf(own[0], own[1], p)
                + stats.binom.logpmf(other[0], other[1], q)
            )

        highest = min(1, 1 / ratio)
        found = optimize.minimize_scalar(
            likelihood,
            bounds=(1e-9, highest - 1e-9),
            method="bounded",
            options={"xatol": 1e-12},
        )
        q = found.x
        p = ratio * q
        return float(
            (own[0] - own[1] * p) ** 2 / (own[1] * p * (1 - p))
            + (other[0] - other[1] * q) ** 2 / (other[1] * q * (1 - q))
        )

    middle = np.log(own[0] / own[1] * other[1] / other[0])
    bound = stats.chi2.ppf(0.95, 1)
    limits = [
        optimize.brentq(lambda log: score(log) - bound, middle, middle + far)
        for far in (-3.0, 3.0)
    ]
    return float(np.exp(limits[0])), float(np.exp(limits[1]))


def test_the_brute_force_ratio_is_the_one_of_koopman() -> None:
    # Koopman (1984), Biometrics 40, 513-517: 36 of 40 against 16 of 80.
    assert koopman((36, 40), (16, 80)) == pytest.approx((2.94, 7.15), abs=0.01)


@pytest.mark.parametrize(
    ("own", "other"),
    [((60, 300), (30, 200)), ((36, 40), (16, 80)), ((25, 90), (40, 110))],
)
def test_the_ratio_lies_near_the_score_interval(
    own: tuple[int, int], other: tuple[int, int]
) -> None:
    found = proportions.ratio(two(own, other))
    assert (found.low, found.high) == pytest.approx(
        koopman(own, other), rel=0.03
    )


def test_a_ratio_to_nothing_has_a_lower_limit_only() -> None:
    found = proportions.ratio(two((20, 100), (0, 80)))
    assert np.isnan(found.value)
    assert np.isnan(found.high)
    assert found.low > 1
    assert proportions.ratio(two((0, 100), (0, 80))).low == 0


def test_difference_and_ratio_agree_on_which_side_no_effect_lies() -> None:
    rng = np.random.default_rng(3)
    for _ in range(500):
        own, other = rng.integers(15, 200, 2)
        pair = two(
            (int(rng.integers(0, own + 1)), int(own)),
            (int(rng.integers(1, other + 1)), int(other)),
        )
        lift, times = proportions.difference(pair), proportions.ratio(pair)
        assert (lift.low > 0) == (times.low > 1)
        assert (lift.high < 0) == (times.high < 1)


def test_the_p_value_is_the_n_minus_1_chi_squared() -> None:
    table = np.array([[30, 170], [12, 138]])
    plain = stats.chi2_contingency(table, correction=False).statistic
    expected = stats.chi2.sf(plain * (350 - 1) / 350, 1)
    found = proportions.p_value(two((30, 200), (12, 150)))
    assert found == pytest.approx(expected, rel=1e-9)


def test_where_nobody_is_expected_the_p_value_is_exact() -> None:
    found = proportions.p_value(two((0, 40), (1, 30)))
    assert found == pytest.approx(stats.fisher_exact([[0, 40], [1, 29]]).pvalue)
    assert proportions.p_value(two((0, 40), (0, 30))) == 1.0


def test_the_p_value_is_below_5_in_100_in_at_most_5_of_100() -> None:
    for own, other, share in ((60, 40, 0.1), (120, 30, 0.3), (25, 25, 0.2)):
        chance = np.outer(
            stats.binom.pmf(range(own + 1), own, share),
            stats.binom.pmf(range(other + 1), other, share),
        )
        wrong = sum(
            chance[x, y]
            for x, y in zip(*np.nonzero(chance > 1e-7), strict=True)
            if proportions.p_value(two((int(x), own), (int(y), other))) <= 0.05
        )
        assert wrong <= 0.057


def strata(seed: int, lift: float) -> tuple[Comparison, float]:
    rng = np.random.default_rng(seed)
    own = rng.integers(40, 300, 6)
    other = rng.integers(15, 150, 6)
    baseline = rng.uniform(0.05, 0.4, 6)
    lifts = lift * rng.uniform(0, 2, 6)
    pair = compare(
        own,
        rng.binomial(own, baseline + lifts),
        other,
        rng.binomial(other, baseline),
    )
    return pair, float(pair.weight @ lifts)


def test_strata_cover_the_weighted_lift_in_95_of_100() -> None:
    covered = []
    for seed in range(2_000):
        pair, lift = strata(seed, 0.05)
        found = proportions.difference(pair)
        covered.append(found.low <= lift <= found.high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.0125)


def test_strata_without_effect_are_significant_in_5_of_100() -> None:
    values = [proportions.p_value(strata(seed, 0.0)[0]) for seed in range(2000)]
    assert np.mean(np.array(values) <= 0.05) == pytest.approx(0.05, abs=0.0125)


def test_unequal_splits_do_not_make_an_effect() -> None:
    """Simpson: pooled, the treated of the buying persona would look better."""
    pair = compare([900, 100], [360, 5], [100, 900], [40, 45])
    assert proportions.difference(pair).value == pytest.approx(0.0)
    pooled = compare([1000], [365], [1000], [85])
    assert proportions.difference(pooled).low > 0.2


def test_a_stratum_without_customers_is_refused() -> None:
    with pytest.raises(ValueError, match="merge it"):
        compare([10, 5], [1, 1], [10, 0], [1, 0])


def test_the_detectable_lift_is_found_in_80_of_100() -> None:
    lift = proportions.detectable_lift(400, 200, 0.12)
    rng = np.random.default_rng(11)
    found = [
        proportions.p_value(two((int(x), 400), (int(y), 200))) <= 0.05
        for x, y in zip(
            rng.binomial(400, 0.12 + lift, 4000),
            rng.binomial(200, 0.12, 4000),
            strict=True,
        )
    ]
    assert np.mean(found) == pytest.approx(0.80, abs=0.02)


def test_as_many_customers_as_needed_detect_the_lift() -> None:
    needed = proportions.customers_needed(0.1, 0.02, 0.7)
    found = proportions.detectable_lift(0.7 * needed, 0.3 * needed, 0.1)
    assert found == pytest.approx(0.02, rel=1e-3)


def test_a_lift_beyond_all_customers_is_not_detectable() -> None:
    assert np.isnan(proportions.detectable_lift(3, 3, 0.9))


def test_personas_that_answer_alike_differ_in_5_of_100() -> None:
    rng = np.random.default_rng(2)
    values = []
    for _ in range(2_000):
        own, other = rng.integers(60, 300, 7), rng.integers(30, 150, 7)
        baseline = rng.uniform(0.05, 0.4, 7)
        values.append(
            proportions.heterogeneity_p_value(
                own,
                rng.binomial(own, baseline + 0.05),
                other,
                rng.binomial(other, baseline),
            )
        )
    assert np.mean(np.array(values) <= 0.05) == pytest.approx(0.05, abs=0.015)


def test_personas_that_answer_otherwise_are_told_apart() -> None:
    found = proportions.heterogeneity_p_value(
        np.array([300, 300]),
        np.array([90, 30]),
        np.array([300, 300]),
        np.array([30, 90]),
    )
    assert found < 1e-9
    assert np.isnan(proportions.heterogeneity_p_value(*(np.array([9.0]),) * 4))


def test_means_have_the_interval_of_welch() -> None:
    rng = np.random.default_rng(4)
    own = rng.exponential(50, 80) * (rng.random(80) < 0.4)
    other = rng.exponential(40, 33) * (rng.random(33) < 0.3)
    found = proportions.mean_difference(
        *(
            np.array([value])
            for amounts in (own, other)
            for value in (len(amounts), amounts.sum(), amounts @ amounts)
        )
    )
    expected = stats.ttest_ind(own, other, equal_var=False)
    limits = expected.confidence_interval(0.95)
    assert found.value == pytest.approx(own.mean() - other.mean())
    assert (found.low, found.high) == pytest.approx(
        (limits.low, limits.high), rel=1e-9
    )


def test_means_of_customers_who_are_all_alike_have_no_interval() -> None:
    zero = np.array([0.0])
    found = proportions.mean_difference(
        np.array([20.0]), zero, zero, np.array([30.0]), zero, zero
    )
    assert found.value == 0
    assert np.isnan(found.low)
    assert np.isnan(found.high)
