"""How often customers will buy, and how much they will spend: two models.

BG/NBD (Fader, Hardie & Lee 2005, "Counting your customers the easy way"):
while a customer is alive they buy at a rate of their own (gamma), and after
each purchase they are lost with a probability of their own (beta). Gamma-Gamma
(Fader & Hardie 2013, "The gamma-gamma model of monetary value"): what a
customer spends at a time varies round a mean of their own.

Both are fitted by maximum likelihood on counted rows: customers who are alike
in all that the likelihood sees are one row with a count. So a million customers
cost as much as the rows they make.

Words: frequency is repeat purchases, recency the time from the first to the
last purchase, tenure (T) from the first to the end of observation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln, hyp2f1

from ml.threads import thread_pools

Array = NDArray[np.float64]

FEWEST_REPEATERS = 50
"""Fewer customers who came back tell nothing about the spread among them."""

LOWEST_SPEND_SHAPE = 1.05
"""q of Gamma-Gamma: the mean over all customers exists above 1 only."""


class NotEnoughDataError(ValueError):
    """The data do not say enough to fit; the message says what is missing."""


@dataclass(frozen=True)
class BgNbd:
    """A fitted BG/NBD model; time in the unit of the data.

    Attributes
    ----------
    r, alpha : float
        Shape and rate of the gamma distribution of purchase rates.
    a, b : float
        The beta distribution of the probability to be lost at a purchase.
    log_likelihood : float
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    @property
    def parameters(self) -> Array:
        """r, alpha, a, b."""
        return np.array([self.r, self.alpha, self.a, self.b])

    def p_alive(
        self, frequency: ArrayLike, recency: ArrayLike, tenure: ArrayLike
    ) -> Array:
        """Return the probability of not being lost yet.

        1 where frequency is 0: who never came back had no occasion to be lost
        in this model, so it says nothing of them.
        """
        return np.asarray(1 / (1 + self.odds_lost(frequency, recency, tenure)))

    def odds_lost(
        self, frequency: ArrayLike, recency: ArrayLike, tenure: ArrayLike
    ) -> Array:
        """Return the odds of being lost against being alive."""
        x, recent, whole = _as_arrays(frequency, recency, tenure)
        with np.errstate(divide="ignore"):
            log_odds = (
                np.log(self.a)
                - np.log(np.maximum(self.b + x - 1, 1e-300))
                + (self.r + x)
                * (np.log(self.alpha + whole) - np.log(self.alpha + recent))
            )
        return np.asarray(np.where(x > 0, np.exp(log_odds), 0.0))

    def expected_while_observed(
        self, frequency: ArrayLike, tenure: ArrayLike, horizon: float
    ) -> Array:
        """Return the purchases to come, times the odds plus one.

        It is what `expected_purchases` divides by 1 + odds_lost; it depends on
        frequency and tenure alone, so a table of both serves all customers.
        Equation 10 of the paper after Euler's transformation, which leaves
        frequency in the third argument of the hypergeometric function only and
        does not overflow for frequent buyers.
        """
        x, whole = _as_arrays(frequency, tenure)
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        third = a + self.b + x - 1
        z = horizon / (self.alpha + whole + horizon)
        left = (1 - z) ** (a - 1) * hyp2f1(
            a + self.b - 1 - self.r, a - 1, third, z
        )
        return np.asarray(third / (a - 1) * (1 - left))

    def expected_purchases(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        tenure: ArrayLike,
        *,
        horizon: float,
    ) -> Array:
        """Return the purchases expected in the time to come.

        Parameters
        ----------
        frequency, recency, tenure : array-like, shape (customers,)
        horizon : float
            How far to look ahead, in the unit of time of the data.

        Returns
        -------
        ndarray, shape (customers,)
        """
        ahead = self.expected_while_observed(frequency, tenure, horizon)
        return np.asarray(
            ahead / (1 + self.odds_lost(frequency, recency, tenure))
        )


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model; v is in the unit of money of the data."""

    p: float
    q: float
    v: float
    log_likelihood: float

    @property
    def parameters(self) -> Array:
        """p, q, v."""
        return np.array([self.p, self.q, self.v])

    def expected_spend(
        self, frequency: ArrayLike, mean_spend: ArrayLike
    ) -> Array:
        """Return what a customer is expected to spend at a purchase.

        Parameters
        ----------
        frequency : array-like, shape (customers,)
        mean_spend : array-like, shape (customers,)
            Mean over the repeat purchases; not looked at where frequency is 0.
        """
        x, mean = _as_arrays(frequency, mean_spend)
        total = np.where(x > 0, x * np.where(x > 0, mean, 0.0), 0.0)
        return np.asarray(self.p * (self.v + total) / (self.p * x + self.q - 1))


def fit_bg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    tenure: ArrayLike,
    *,
    counts: ArrayLike | None = None,
) -> BgNbd:
    """Fit BG/NBD by maximum likelihood.

    Parameters
    ----------
    frequency, recency, tenure : array-like, shape (rows,)
        In one unit of time.
    counts : array-like, shape (rows,), optional
        How many customers each row stands for; 1 by default.

    Raises
    ------
    NotEnoughDataError
        When fewer than `FEWEST_REPEATERS` customers came back.
    ValueError
        When an array is not what it should be; the message names it.
    """
    x, recent, whole = _as_arrays(frequency, recency, tenure)
    weight = _weights(counts, x)
    repeaters = float(weight[x > 0].sum())
    if repeaters < FEWEST_REPEATERS:
        raise NotEnoughDataError(
            f"{repeaters:.0f} customers bought again: at least "
            f"{FEWEST_REPEATERS} are needed."
        )
    _check_times(x, recent, whole)
    unit = float(np.average(whole, weights=weight))
    recent, whole = recent / unit, whole / unit
    total = weight.sum()

    def loss(log_parameters: Array) -> tuple[float, Array]:
        parameters = np.exp(log_parameters)
        value, scores = _bg_nbd_terms(parameters, x, recent, whole)
        slope = weight @ scores * parameters
        return -float(weight @ value) / total, -slope / total

    with thread_pools().limit(limits=1):
        found = minimize(
            loss,
            np.log([0.5, 0.5, 1.0, 2.0]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-12, 8)] * 4,
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )
    r, alpha, a, b = np.exp(found.x)
    # Times were divided by the unit: so was the density of each purchase.
    likelihood = -found.fun * total - float(weight @ x) * np.log(unit)
    return BgNbd(r, alpha * unit, a, b, float(likelihood))


def fit_gamma_gamma(
    frequency: ArrayLike,
    mean_spend: ArrayLike,
    *,
    counts: ArrayLike | None = None,
    mean_log_spend: ArrayLike | None = None,
) -> GammaGamma:
    """Fit Gamma-Gamma by maximum likelihood, on customers who came back.

    Parameters
    ----------
    frequency : array-like, shape (rows,)
        Repeat purchases, at least 1.
    mean_spend : array-like, shape (rows,)
        Mean amount of the repeat purchases, above 0.
    counts : array-like, shape (rows,), optional
        How many customers each row stands for.
    mean_log_spend : array-like, shape (rows,), optional
        Mean of the logarithm of their means; that of mean_spend by default.

    Raises
    ------
    NotEnoughDataError, ValueError
        As `fit_bg_nbd`.
    """
    x, mean = _as_arrays(frequency, mean_spend)
    weight = _weights(counts, x)
    if (x < 1).any():
        raise ValueError("frequency is below 1: leave single purchases out.")
    if not (mean > 0).all():
        raise ValueError("mean_spend is not positive: leave such rows out.")
    if weight.sum() < FEWEST_REPEATERS:
        raise NotEnoughDataError(
            f"{weight.sum():.0f} customers with a positive amount bought "
            f"again: at least {FEWEST_REPEATERS} are needed."
        )
    logs = np.log(mean) if mean_log_spend is None else _vector(mean_log_spend)
    unit = float(np.average(mean, weights=weight))
    mean, logs = mean / unit, logs - np.log(unit)
    total = weight.sum()

    def loss(log_parameters: Array) -> tuple[float, Array]:
        parameters = np.exp(log_parameters)
        value, scores = _gamma_gamma_terms(parameters, x, mean, logs)
        slope = weight @ scores * parameters
        return -float(weight @ value) / total, -slope / total

    with thread_pools().limit(limits=1):
        found = minimize(
            loss,
            np.log([5.0, 3.0, 1.0]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-6, 14), (np.log(LOWEST_SPEND_SHAPE), 14), (-12, 14)],
            options={"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-9},
        )
    p, q, v = np.exp(found.x)
    likelihood = -found.fun * total - float(total) * np.log(unit)
    return GammaGamma(p, q, v * unit, float(likelihood))


def bg_nbd_scores(
    model: BgNbd, frequency: ArrayLike, recency: ArrayLike, tenure: ArrayLike
) -> Array:
    """Return each row's slope of the log-likelihood by r, alpha, a, b."""
    arrays = _as_arrays(frequency, recency, tenure)
    return _bg_nbd_terms(model.parameters, *arrays)[1]


def gamma_gamma_scores(
    model: GammaGamma,
    frequency: ArrayLike,
    mean_spend: ArrayLike,
    mean_log_spend: ArrayLike,
) -> Array:
    """Return each row's slope of the log-likelihood by p, q, v."""
    arrays = _as_arrays(frequency, mean_spend, mean_log_spend)
    return _gamma_gamma_terms(model.parameters, *arrays)[1]


def _bg_nbd_terms(
    parameters: Array, x: Array, recent: Array, whole: Array
) -> tuple[Array, Array]:
    """Return the log-likelihood of each row, and its slopes."""
    r, alpha, a, b = parameters
    each, place = np.unique(x, return_inverse=True)
    of_frequency = (
        gammaln(r + each)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(a + b)
        + gammaln(b + each)
        - gammaln(b)
        - gammaln(a + b + each)
    )
    log_whole, log_recent = np.log(alpha + whole), np.log(alpha + recent)
    came_back = x > 0
    after = np.where(came_back, b + x - 1, 1.0)
    alive = -(r + x) * log_whole
    with np.errstate(divide="ignore"):
        lost = np.where(
            came_back,
            np.log(a)
            - np.log(np.maximum(after, 1e-300))
            - (r + x) * log_recent,
            -np.inf,
        )
    value = of_frequency[place] + np.logaddexp(alive, lost)
    share = expit(lost - alive)
    both = digamma(a + b) - digamma(a + b + each)
    slopes = np.empty((len(x), 4))
    slopes[:, 0] = (
        (digamma(r + each) - digamma(r) + np.log(alpha))[place]
        - (1 - share) * log_whole
        - share * log_recent
    )
    slopes[:, 1] = r / alpha - (r + x) * (
        (1 - share) / (alpha + whole) + share / (alpha + recent)
    )
    slopes[:, 2] = both[place] + share / a
    slopes[:, 3] = (both + digamma(b + each) - digamma(b))[
        place
    ] - share / np.maximum(after, 1e-300)
    return value, slopes


def _gamma_gamma_terms(
    parameters: Array, x: Array, mean: Array, logs: Array
) -> tuple[Array, Array]:
    p, q, v = parameters
    shape = p * x
    total = v + x * mean
    log_total = np.log(total)
    value = (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * np.log(v)
        + (shape - 1) * logs
        + shape * np.log(x)
        - (shape + q) * log_total
    )
    slopes = np.empty((len(x), 3))
    all_of_it = digamma(shape + q)
    slopes[:, 0] = x * (
        all_of_it - digamma(shape) + logs + np.log(x) - log_total
    )
    slopes[:, 1] = all_of_it - digamma(q) + np.log(v) - log_total
    slopes[:, 2] = q / v - (shape + q) / total
    return value, slopes


def _as_arrays(*given: ArrayLike) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*(_vector(one) for one in given)))


def _vector(given: ArrayLike) -> Array:
    return np.atleast_1d(np.asarray(given, dtype=np.float64))


def _weights(counts: ArrayLike | None, like: Array) -> Array:
    weight = np.ones(len(like)) if counts is None else _vector(counts)
    if len(weight) != len(like) or (weight < 0).any():
        raise ValueError("counts must be one number of 0 or more per row.")
    return weight


def _check_times(x: Array, recent: Array, whole: Array) -> None:
    if not (np.isfinite(x).all() and (x >= 0).all()):
        raise ValueError("frequency must be 0 or more, and known.")
    if not (np.isfinite(recent).all() and (recent >= 0).all()):
        raise ValueError("recency must be 0 or more, and known.")
    if not (recent <= whole).all():
        raise ValueError("recency is greater than tenure.")
    if (recent[x == 0] > 0).any():
        raise ValueError("recency must be 0 where frequency is 0.")
