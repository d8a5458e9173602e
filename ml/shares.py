"""Shares: their intervals, tests and sizes of difference.

Everything works on arrays of counts, one element per comparison.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from ml.columns import FloatArray

CONFIDENCE = 0.95


def wilson_interval(
    hits: FloatArray, known: FloatArray, *, confidence: float = CONFIDENCE
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of a share, which never leaves 0-1.

    Parameters
    ----------
    hits, known : array of float, shape (n,)
        Count with the property and count of all; neither needs to be whole.
    confidence : float
        Share of intervals that hold the true share.

    Returns
    -------
    low, high : array of float, shape (n,)
        0 and 1 where nothing is known.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
    """
    z = stats.norm.ppf(0.5 + confidence / 2)
    share = np.where(known > 0, hits / np.where(known > 0, known, 1), 0)
    center = (hits + z**2 / 2) / (known + z**2)
    half = (
        z
        * np.sqrt(np.maximum(hits * (1 - share) + z**2 / 4, 0))
        / (known + z**2)
    )
    low = np.minimum(np.maximum(center - half, 0), share)
    return low, np.where(known > 0, np.clip(center + half, share, 1), 1)


def exact_p_value(
    hits: FloatArray,
    known: FloatArray,
    all_hits: FloatArray,
    all_known: FloatArray,
) -> FloatArray:
    """Return the p-value of a group's share against that of all others.

    Fisher's exact test, twice the smaller tail. Counts are rounded.

    Parameters
    ----------
    hits, known : array of float, shape (n,)
        Of the group.
    all_hits, all_known : array of float, shape (n,)
        Of the group and the others together.
    """
    count = hits.round()
    tails = stats.hypergeom(all_known.round(), all_hits.round(), known.round())
    p_value = 2 * np.minimum(tails.cdf(count), tails.sf(count - 1))
    return np.asarray(np.clip(p_value, 0, 1))


def cohens_h(share: FloatArray, other_share: FloatArray) -> FloatArray:
    """Return how far two shares are apart; 0.2 is small, 0.8 large.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences.
    """
    own, other = (
        2 * np.arcsin(np.sqrt(np.clip(one, 0, 1)))
        for one in (share, other_share)
    )
    return np.asarray(own - other)


def ratio_interval(
    share: FloatArray,
    count: FloatArray,
    other_share: FloatArray,
    other_count: FloatArray,
    *,
    confidence: float = CONFIDENCE,
) -> tuple[FloatArray, FloatArray]:
    """Return the interval of the ratio of two shares of different people.

    The method of variance estimates recovery, from the Wilson intervals of
    both shares. It holds what it promises with few customers too, and with
    shares of 0 and 1, where the logarithm of a ratio has no variance.

    Parameters
    ----------
    share, other_share : array of float, shape (n,)
        The ratio is that of the first to the second, 0-1.
    count, other_count : array of float, shape (n,)
        Independent observations behind each; effective ones where the
        observations resemble each other.
    confidence : float
        Share of intervals that hold the true ratio.

    Returns
    -------
    low, high : array of float, shape (n,)
        The high end is infinite where the second share may be 0.

    References
    ----------
    Donner & Zou (2012), Stat. Methods Med. Res. 21, 347-359. Fagerland,
    Lydersen & Laake (2015), Stat. Methods Med. Res. 24, 224-254.
    """
    low, high = wilson_interval(share * count, count, confidence=confidence)
    other_low, other_high = wilson_interval(
        other_share * other_count, other_count, confidence=confidence
    )
    product = share * other_share
    # Written so that nothing is divided by a difference that may be 0.
    below = low * (2 * share - low)
    other_above = other_high * (2 * other_share - other_high)
    root = np.sqrt(np.maximum(product**2 - below * other_above, 0))
    lower = np.where(
        product + root > 0,
        below / np.where(product + root > 0, product + root, 1),
        0,
    )
    above = high * (2 * share - high)
    other_below = other_low * (2 * other_share - other_low)
    root = np.sqrt(np.maximum(product**2 - above * other_below, 0))
    upper = np.where(
        other_below > 1e-15,
        (product + root) / np.where(other_below > 1e-15, other_below, 1),
        np.inf,
    )
    return np.maximum(lower, 0), upper


def clustered_share(
    *,
    hits: FloatArray,
    base: FloatArray,
    hits_squared: FloatArray,
    hits_base: FloatArray,
    base_squared: FloatArray,
    count_clusters: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a share of events, its variance and its effective count.

    The events of one customer resemble each other, so a thousand orders of
    fifty customers tell less than a thousand orders of a thousand. The
    variance is that between customers (of a ratio of sums, linearised); the
    effective count is how many independent events would leave as much doubt,
    at most as many as there are. Where every customer has one event, the
    variance is the binomial one, up to n / (n - 1).

    Parameters
    ----------
    hits, base : array of float, shape (n,)
        Sums over customers of their events with the property and of all.
    hits_squared, hits_base, base_squared : array of float, shape (n,)
        Sums over customers of the squares and of the product.
    count_clusters : array of float, shape (n,)
        Customers with an event.

    Returns
    -------
    share, variance, count : array of float, shape (n,)
        Zeros where there is no event.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., 2.11 and 6.3. Rao & Scott
    (1992), Biometrics 48, 577-585.
    """
    is_any = base > 0
    safe = np.where(is_any, base, 1)
    share = np.where(is_any, hits / safe, 0)
    residual = hits_squared - 2 * share * hits_base + share**2 * base_squared
    customers = np.maximum(count_clusters, 2)
    variance = np.where(
        is_any,
        np.maximum(residual, 0) / safe**2 * customers / (customers - 1),
        0,
    )
    spread = share * (1 - share)
    # Of a share of 0 or 1 the variance tells nothing: Kish's count.
    alike = safe**2 / np.where(base_squared > 0, base_squared, 1)
    is_varied = (variance > 0) & (spread > 0)
    count = np.where(
        is_varied, spread / np.where(is_varied, variance, 1), alike
    )
    return share, variance, np.where(is_any, np.minimum(count, base), 0)


def difference_p_value(
    share: FloatArray,
    variance: FloatArray,
    other_share: FloatArray,
    other_variance: FloatArray,
) -> FloatArray:
    """Return the p-value of two independent shares being alike (Wald)."""
    error = np.sqrt(variance + other_variance)
    distance = np.abs(share - other_share)
    is_sure = error <= 0
    z = distance / np.where(is_sure, 1, error)
    p_value = np.where(is_sure, distance == 0, 2 * stats.norm.sf(z))
    return np.asarray(p_value, dtype=np.float64)


def adjusted_p_values(p_values: FloatArray) -> FloatArray:
    """Return p-values adjusted for the number of questions asked.

    References
    ----------
    Benjamini & Hochberg (1995), J. R. Statist. Soc. B 57, 289-300.
    """
    if not len(p_values):
        return p_values
    return np.asarray(stats.false_discovery_control(p_values, method="bh"))
