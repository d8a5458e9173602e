"""Two arms and who converted: difference, ratio, test, power.

All of it works on strata. A plain comparison is one stratum; a whole campaign
has one per persona; matched customers have one per class of propensity. The
effect is the weighted mean of the strata's differences, and its interval is
put together from Wilson's intervals of the single proportions (MOVER), which
in one stratum is Newcombe's method 10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import optimize, stats

from ml.columns import FloatArray

CONFIDENCE = 0.95
POWER = 0.80
FEWEST_EXPECTED = 1.0  # below it the exact test takes over (Campbell 2007)


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits; nan where the data do not say."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Interval:
        """Return the interval of a multiple; the factor is not negative."""
        return Interval(
            self.value * factor, self.low * factor, self.high * factor
        )


UNKNOWN = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Comparison:
    """Customers of two arms in strata, and who of them converted.

    Attributes
    ----------
    treated, treated_converted, compared, compared_converted : ndarray, \
shape (strata,)
        Counts; every stratum has customers in both arms.
    weight : ndarray, shape (strata,)
        What each stratum counts for; sums to 1.
    """

    treated: FloatArray
    treated_converted: FloatArray
    compared: FloatArray
    compared_converted: FloatArray
    weight: FloatArray

    @property
    def treated_share(self) -> float:
        """Share of the treated who converted."""
        return float(self.weight @ (self.treated_converted / self.treated))

    @property
    def compared_share(self) -> float:
        """Share who would have converted untreated."""
        return float(self.weight @ (self.compared_converted / self.compared))

    @property
    def effective_treated(self) -> float:
        """As many treated in one stratum would tell as much."""
        return float(1 / np.sum(self.weight**2 / self.treated))

    @property
    def effective_compared(self) -> float:
        """As many compared in one stratum would tell as much."""
        return float(1 / np.sum(self.weight**2 / self.compared))


def compare(
    treated: FloatArray,
    treated_converted: FloatArray,
    compared: FloatArray,
    compared_converted: FloatArray,
) -> Comparison:
    """Return a comparison whose strata weigh as the treated are spread.

    So the effect is that on those who were treated.
    """
    arrays = [
        np.atleast_1d(np.asarray(values, dtype=np.float64))
        for values in (
            treated,
            treated_converted,
            compared,
            compared_converted,
        )
    ]
    if (arrays[0] < 1).any() or (arrays[2] < 1).any():
        raise ValueError(
            "Every stratum needs customers in both arms; merge it with another."
        )
    weight = arrays[0] / arrays[0].sum()
    return Comparison(arrays[0], arrays[1], arrays[2], arrays[3], weight)


@cache
def _quantile(probability: float) -> float:
    """Return the quantile of the standard normal distribution."""
    return float(stats.norm.ppf(probability))


def wilson_limits(
    converted: FloatArray, count: FloatArray, *, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's limits of proportions, without continuity correction.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
    """
    z = _quantile(0.5 + confidence / 2)
    converted = np.asarray(converted, dtype=np.float64)
    count = np.asarray(count, dtype=np.float64)
    middle = (converted + z**2 / 2) / (count + z**2)
    half = (
        z
        * np.sqrt(converted * (count - converted) / count + z**2 / 4)
        / (count + z**2)
    )
    low = np.where(converted == 0, 0.0, np.maximum(middle - half, 0.0))
    high = np.where(converted == count, 1.0, np.minimum(middle + half, 1.0))
    return low, high


def difference(arms: Comparison, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the difference of the shares, treated less compared.

    Newcombe's hybrid score interval, method 10; over strata the squared
    distances to the limits add up with the squared weights (MOVER).

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890. Zou & Donner (2008),
    Statistics in Medicine 27, 1693-1702.
    """
    p, q = arms.treated_converted, arms.compared_converted
    share_p, share_q = p / arms.treated, q / arms.compared
    low_p, high_p = wilson_limits(p, arms.treated, confidence=confidence)
    low_q, high_q = wilson_limits(q, arms.compared, confidence=confidence)
    square = arms.weight**2
    below = square @ ((share_p - low_p) ** 2 + (high_q - share_q) ** 2)
    above = square @ ((high_p - share_p) ** 2 + (share_q - low_q) ** 2)
    value = float(arms.weight @ (share_p - share_q))
    return Interval(
        value,
        max(value - math.sqrt(below), -1.0),
        min(value + math.sqrt(above), 1.0),
    )


def ratio(arms: Comparison, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the share of the treated over that of the compared.

    The limits are put together from those of both shares (MOVER-R), so that
    they fit Newcombe's difference. The upper one is nan, infinite that is,
    where nobody of the compared converted.

    References
    ----------
    Donner & Zou (2012), Statistical Methods in Medical Research 21, 347-359.
    Fagerland & Newcombe (2013), Statistics in Medicine 32, 2823-2836.
    """
    p, low_p, high_p = _share_with_limits(
        arms.treated_converted, arms.treated, arms.weight, confidence
    )
    q, low_q, high_q = _share_with_limits(
        arms.compared_converted, arms.compared, arms.weight, confidence
    )
    low_of_p = low_p * (2 * p - low_p)
    root = math.sqrt(
        max((p * q) ** 2 - low_of_p * high_q * (2 * q - high_q), 0)
    )
    low = low_of_p / (p * q + root) if p * q + root > 0 else 0.0
    low_of_q = low_q * (2 * q - low_q)
    if q == 0 or low_of_q <= 0:
        return Interval(math.nan, low, math.nan)
    root = math.sqrt(
        max((p * q) ** 2 - high_p * (2 * p - high_p) * low_of_q, 0)
    )
    return Interval(p / q, low, (p * q + root) / low_of_q)


def _share_with_limits(
    converted: FloatArray,
    count: FloatArray,
    weight: FloatArray,
    confidence: float,
) -> tuple[float, float, float]:
    share = converted / count
    low, high = wilson_limits(converted, count, confidence=confidence)
    value = float(weight @ share)
    below = math.sqrt(float(weight**2 @ (share - low) ** 2))
    above = math.sqrt(float(weight**2 @ (high - share) ** 2))
    return value, max(value - below, 0.0), min(value + above, 1.0)


def p_value(arms: Comparison) -> float:
    """Return the two-sided p-value of no difference.

    The score test with the factor (N - 1) / N, in one stratum the "N - 1"
    chi-squared test; where that expects less than one customer in a cell,
    Fisher's exact test by Irwin's rule.

    References
    ----------
    Campbell (2007), Statistics in Medicine 26, 3661-3675.
    """
    both = arms.treated + arms.compared
    pooled = (arms.treated_converted + arms.compared_converted) / both
    if len(both) == 1:
        smaller = np.minimum(arms.treated, arms.compared)
        fewest = smaller * np.minimum(pooled, 1 - pooled)
        if fewest[0] < FEWEST_EXPECTED:
            return _fisher(arms)
    variance = pooled * (1 - pooled) * (1 / arms.treated + 1 / arms.compared)
    variance = variance * both / (both - 1)
    total = float(arms.weight**2 @ variance)
    if total <= 0:
        return 1.0
    value = arms.treated_share - arms.compared_share
    return math.erfc(abs(value) / math.sqrt(2 * total))


def _fisher(arms: Comparison) -> float:
    table = [
        [converted[0], count[0] - converted[0]]
        for converted, count in (
            (arms.treated_converted, arms.treated),
            (arms.compared_converted, arms.compared),
        )
    ]
    found = stats.fisher_exact(np.array(table, dtype=np.int64))
    return float(found.pvalue)


def detectable_lift(
    count_treated: float,
    count_compared: float,
    baseline: float,
    *,
    confidence: float = CONFIDENCE,
    power: float = POWER,
) -> float:
    """Return the smallest rise that these customers would show, as a share.

    At the given power, of one two-sided test; nan where not even a rise to 1
    would be seen.

    References
    ----------
    Fleiss, Levin & Paik (2003), Statistical Methods for Rates and
    Proportions, section 4.2.
    """

    def missing(lift: float) -> float:
        needed = _needed_error(
            baseline,
            lift,
            1 / count_treated,
            1 / count_compared,
            confidence,
            power,
        )
        return lift - needed

    highest = 1 - baseline
    if highest <= 0 or missing(highest) < 0:
        return math.nan
    return float(optimize.brentq(missing, 0.0, highest, xtol=1e-10))


def customers_needed(
    baseline: float,
    lift: float,
    treated_part: float,
    *,
    confidence: float = CONFIDENCE,
    power: float = POWER,
) -> float:
    """Return the customers of both arms that would show such a rise.

    Parameters
    ----------
    baseline : float
        Share who convert untreated.
    lift : float
        The rise to be seen, as a share, above 0.
    treated_part : float
        Treated per customer of both arms, between 0 and 1.

    References
    ----------
    As `detectable_lift`.
    """
    lift = min(lift, 1 - baseline)
    if lift <= 0:
        return math.nan
    error = _needed_error(
        baseline,
        lift,
        1 / treated_part,
        1 / (1 - treated_part),
        confidence,
        power,
    )
    return float(math.ceil((error / lift) ** 2))


def _needed_error(
    baseline: float,
    lift: float,
    per_treated: float,
    per_compared: float,
    confidence: float,
    power: float,
) -> float:
    """Return how large a lift must be to be seen against its own noise."""
    raised = baseline + lift
    pooled = (raised / per_treated + baseline / per_compared) / (
        1 / per_treated + 1 / per_compared
    )
    under_none = pooled * (1 - pooled) * (per_treated + per_compared)
    under_lift = (
        raised * (1 - raised) * per_treated
        + baseline * (1 - baseline) * per_compared
    )
    return float(
        _quantile(0.5 + confidence / 2) * math.sqrt(max(under_none, 0))
        + _quantile(power) * math.sqrt(max(under_lift, 0))
    )


def heterogeneity_p_value(
    treated: FloatArray,
    treated_converted: FloatArray,
    compared: FloatArray,
    compared_converted: FloatArray,
) -> float:
    """Return the p-value of one difference being the same in all groups.

    Cochran's Q on the differences; their variances are those of shares to
    which one success and one failure per arm are added (Agresti & Caffo), so
    that a group where nobody converts does not weigh without limit. nan with
    less than two groups.

    References
    ----------
    Cochran (1954), Biometrics 10, 101-129. Agresti & Caffo (2000), The
    American Statistician 54, 280-288.
    """
    if len(treated) < 2:
        return math.nan
    p = (treated_converted + 1) / (treated + 2)
    q = (compared_converted + 1) / (compared + 2)
    weight = 1 / (p * (1 - p) / (treated + 2) + q * (1 - q) / (compared + 2))
    value = p - q
    mean = weight @ value / weight.sum()
    statistic = float(weight @ (value - mean) ** 2)
    return float(stats.chi2.sf(statistic, len(treated) - 1))


def mean_difference(
    treated: FloatArray,
    treated_sum: FloatArray,
    treated_squared: FloatArray,
    compared: FloatArray,
    compared_sum: FloatArray,
    compared_squared: FloatArray,
    *,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return the difference of two means per customer, over strata.

    Welch's interval with Satterthwaite's degrees of freedom; strata weigh as
    the treated are spread. nan limits where an arm of a stratum has a single
    customer, or where all customers are alike: no spread was seen.

    Parameters
    ----------
    treated, compared : ndarray, shape (strata,)
        Customers, those without an amount too.
    treated_sum, compared_sum, treated_squared, compared_squared : ndarray
        Sums of the amounts and of their squares.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35. Satterthwaite (1946), Biometrics
    Bulletin 2, 110-114.
    """
    weight = treated / treated.sum()
    value = float(weight @ (treated_sum / treated - compared_sum / compared))
    if min(treated.min(), compared.min()) < 2:
        return Interval(value, math.nan, math.nan)
    parts = []
    freedom = []
    for count, total, squared in (
        (treated, treated_sum, treated_squared),
        (compared, compared_sum, compared_squared),
    ):
        variance = np.maximum(squared - total**2 / count, 0) / (count - 1)
        parts.append(weight**2 * variance / count)
        freedom.append(count - 1)
    each, less = np.concatenate(parts), np.concatenate(freedom)
    error = float(each.sum())
    if error <= 0:
        return Interval(value, math.nan, math.nan)
    degrees = error**2 / float(np.sum(each**2 / less))
    half = float(stats.t.ppf(0.5 + confidence / 2, degrees)) * math.sqrt(error)
    return Interval(value, value - half, value + half)
