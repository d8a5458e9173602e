"""What customers are worth: predictions, how sure they are, how well they held.

The models of `value_models` are put to use on counted rows: a table of factors
that SQL joins to every customer, an interval of each persona's value by
bootstrap, and a backtest that says whether the model beats the plain mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.value_models import (
    BgNbd,
    GammaGamma,
    bg_nbd_scores,
    gamma_gamma_scores,
)

Array = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
HORIZONS = (3, 6, 12)
"""Months to look ahead."""

DRAWS = 200
LEVEL = 0.95


@dataclass(frozen=True)
class ValueModel:
    """Both models, fitted in days and in the company's currency."""

    purchases: BgNbd
    spend: GammaGamma


def value_factors(
    model: BgNbd, rows: pd.DataFrame, *, discount_rate_per_year: float
) -> pd.DataFrame:
    """Return what SQL multiplies: factors per frequency and tenure.

    What a customer is expected to buy is a factor over 1 + the odds of being
    lost, which SQL computes from the parameters; so one row serves all
    customers of a frequency and a tenure, whatever their recency.

    Parameters
    ----------
    model : BgNbd
        Fitted in days.
    rows : DataFrame
        frequency, tenure_days: the pairs there are.
    discount_rate_per_year : float
        Such as 0.1: money in a year is worth 1 / 1.1 of money today.

    Returns
    -------
    DataFrame
        frequency, tenure_days, factor_3m, factor_6m, factor_12m and
        discounted_factor_12m, in purchases. Purchases of a month count in its
        middle where they are discounted.
    """
    if discount_rate_per_year < 0:
        raise ValueError(
            f"discount_rate_per_year is {discount_rate_per_year}: write 0.1 "
            "for ten percent."
        )
    frequency = rows["frequency"].to_numpy(np.float64)
    tenure = rows["tenure_days"].to_numpy(np.float64)
    by_month = np.array(
        [
            model.expected_while_observed(
                frequency, tenure, month * DAYS_PER_MONTH
            )
            for month in range(1, 13)
        ]
    )
    each = np.diff(by_month, axis=0, prepend=0.0)
    middle = (np.arange(12) + 0.5) / 12
    worth = (1 + discount_rate_per_year) ** -middle
    found = rows[["frequency", "tenure_days"]].reset_index(drop=True)
    for month in HORIZONS:
        found[f"factor_{month}m"] = by_month[month - 1]
    found["discounted_factor_12m"] = worth @ each
    return found


def expected_value(
    model: ValueModel, rows: pd.DataFrame, *, discount_rate_per_year: float
) -> Array:
    """Return what the customers of each row will spend in 12 months, summed.

    Parameters
    ----------
    rows : DataFrame
        frequency, recency_days, tenure_days, count_customers and
        sum_mean_spend, the sum of their mean spend at repeat purchases.

    Returns
    -------
    ndarray, shape (rows,)
        Discounted money, before returns and margin.
    """
    # The factor is dear and hardly differs within a day: one per whole day.
    keys = pd.DataFrame(
        {
            "frequency": rows["frequency"],
            "tenure_days": rows["tenure_days"].round(),
        }
    )
    place = keys.groupby(["frequency", "tenure_days"]).ngroup().to_numpy()
    pairs = keys.groupby(["frequency", "tenure_days"]).size().reset_index()
    factors = value_factors(
        model.purchases, pairs, discount_rate_per_year=discount_rate_per_year
    )["discounted_factor_12m"].to_numpy()[place]
    x = rows["frequency"].to_numpy(np.float64)
    alive = 1 / (
        1
        + model.purchases.odds_lost(
            x, rows["recency_days"], rows["tenure_days"]
        )
    )
    spend = model.spend
    total = spend.v * rows["count_customers"] + np.where(
        x > 0, x * rows["sum_mean_spend"], 0.0
    )
    each = spend.p * total.to_numpy() / (spend.p * x + spend.q - 1)
    return np.asarray(factors * alive * each)


def value_intervals(
    model: ValueModel,
    rows: pd.DataFrame,
    spend_rows: pd.DataFrame,
    *,
    discount_rate_per_year: float,
    random_state: int,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Return how sure the value of each persona's customers is.

    A bootstrap over the counted rows: customers are drawn anew (Poisson
    weights), and both models move to where they would be fitted, in first
    order: by one Newton step from the scores of the drawn rows. What the step
    does to the values is taken as linear. So a draw costs a sum instead of a
    fit; against full refits on CDNOW the interval differs by a tenth of its
    width at most (a test).

    Parameters
    ----------
    rows : DataFrame
        As for `expected_value`, with persona_id.
    spend_rows : DataFrame
        frequency, mean_spend, mean_log_spend, count_customers.
    random_state : int
    draws : int

    Returns
    -------
    DataFrame
        persona_id, value_per_customer (mean over its customers), low, high: a
        95 % interval of it.
    """
    rng = np.random.default_rng(random_state)

    def values(parameters: Array) -> Array:
        moved = ValueModel(_purchases(parameters[:4]), _spend(parameters[4:]))
        return expected_value(
            moved, rows, discount_rate_per_year=discount_rate_per_year
        )

    at = np.concatenate([model.purchases.parameters, model.spend.parameters])
    found = values(at)
    personas, place = np.unique(
        rows["persona_id"].astype(str), return_inverse=True
    )
    counts = rows["count_customers"].to_numpy(np.float64)
    sizes_now = np.bincount(place, counts, len(personas))
    each = found / counts

    slopes = np.empty((len(at), len(personas)))
    for number in range(len(at)):
        step = np.zeros(len(at))
        step[number] = 1e-4 * at[number]
        apart = values(at + step) - values(at - step)
        slopes[number] = np.bincount(place, apart, len(personas))
        slopes[number] /= 2 * step[number]

    bought_moves = _newton(
        bg_nbd_scores(
            model.purchases,
            rows["frequency"],
            rows["recency_days"],
            rows["tenure_days"],
        ),
        counts,
    )
    paid_counts = spend_rows["count_customers"].to_numpy(np.float64)
    paid_moves = _newton(
        gamma_gamma_scores(
            model.spend,
            spend_rows["frequency"],
            spend_rows["mean_spend"],
            spend_rows["mean_log_spend"],
        ),
        paid_counts,
    )
    means = np.empty((draws, len(personas)))
    for number in range(draws):  # one at a time: all at once are gigabytes
        drawn = rng.poisson(counts).astype(np.float64)
        paid = rng.poisson(paid_counts) - paid_counts
        moved = np.concatenate(
            [(drawn - counts) @ bought_moves, paid @ paid_moves]
        )
        sizes = np.bincount(place, drawn, len(personas))
        sums = np.bincount(place, drawn * each, len(personas))
        means[number] = sums / np.maximum(sizes, 1e-9)
        means[number] += moved @ slopes / sizes_now
    edges = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return pd.DataFrame(
        {
            "persona_id": personas,
            "value_per_customer": np.bincount(place, found, len(personas))
            / sizes_now,
            "low": np.maximum(edges[0], 0.0),
            "high": edges[1],
        }
    )


def _purchases(parameters: Array) -> BgNbd:
    r, alpha, a, b = parameters
    return BgNbd(r, alpha, a, b, np.nan)


def _spend(parameters: Array) -> GammaGamma:
    p, q, v = parameters
    return GammaGamma(p, q, v, np.nan)


def _newton(scores: Array, counts: Array) -> Array:
    """Return what each customer of a row moves the parameters by."""
    information = (scores * counts[:, None]).T @ scores
    return np.asarray(scores @ np.linalg.pinv(information, hermitian=True))


def backtest(
    rows: pd.DataFrame,
    predicted: Sequence[float] | Array,
    *,
    horizon_days: int,
) -> pd.DataFrame:
    """Compare predictions with what happened, by persona and for all.

    The naive mean gives every customer of a persona the same: its repeat
    purchases per customer and day before the cut, times the days after it.
    Errors are of single customers (root of the mean square), because the mean
    is what both predict.

    Parameters
    ----------
    rows : DataFrame
        persona_id, frequency, tenure_days, count_customers, sum_orders and
        sum_squared_orders (what the customers of the row bought after the cut).
    predicted : array-like, shape (rows,)
        Purchases expected of each customer of the row.
    horizon_days : int
        Days after the cut.

    Returns
    -------
    DataFrame
        persona_id ('company': all), count_customers, actual_orders,
        predicted_orders, naive_orders, calibration (predicted per actual),
        model_error, naive_error, is_model_better.
    """
    frame = rows.assign(
        predicted=np.asarray(predicted, dtype=np.float64),
        seen=rows["frequency"] * rows["count_customers"],
        days=rows["tenure_days"] * rows["count_customers"],
    )
    whole = frame.assign(persona_id="company")
    both = pd.concat([frame, whole], ignore_index=True)
    sums = both.groupby("persona_id")[["seen", "days"]].sum()
    pace = sums["seen"] / sums["days"].where(sums["days"] > 0)
    both["naive"] = both["persona_id"].map(pace).fillna(0.0) * horizon_days
    found = both.groupby("persona_id").agg(
        count_customers=("count_customers", "sum"),
        actual_orders=("sum_orders", "sum"),
    )
    for name in ("predicted", "naive"):
        total = both[name] * both["count_customers"]
        found[f"{name}_orders"] = total.groupby(both["persona_id"]).sum()
        squares = (
            both["count_customers"] * both[name] ** 2
            - 2 * both[name] * both["sum_orders"]
            + both["sum_squared_orders"]
        )
        mean = (
            squares.groupby(both["persona_id"]).sum() / found["count_customers"]
        )
        found[f"{name}_error"] = np.sqrt(mean.clip(lower=0.0))
    found["calibration"] = found["predicted_orders"] / found[
        "actual_orders"
    ].where(found["actual_orders"] > 0)
    found["is_model_better"] = found["predicted_error"] <= found["naive_error"]
    return found.rename(
        columns={"predicted_error": "model_error"}
    ).reset_index()[
        [
            *("persona_id", "count_customers", "actual_orders"),
            *("predicted_orders", "naive_orders", "calibration"),
            *("model_error", "naive_error", "is_model_better"),
        ]
    ]
