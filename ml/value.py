"""What customers are worth: predictions, how sure they are, how well they held.

The models of `value_models` are put to use on counted rows: a table of factors
that SQL joins to every customer, and a backtest that says whether the model
beats the plain mean. How sure a persona's value is: `value_intervals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.value_models import (
    BgNbd,
    GammaGamma,
    NotEnoughDataError,
    fit_gamma_gamma,
)

Array = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
HORIZONS = (3, 6, 12)
"""Months to look ahead."""

COMPANY = "company"


@dataclass(frozen=True)
class ValueModel:
    """Both models, fitted in days and in the company's currency.

    Attributes
    ----------
    purchases : BgNbd
        One of all customers: it lives on their differences.
    spend : GammaGamma
        Of all customers, for personas without one of their own.
    persona_spend : mapping of str to GammaGamma
        Per persona. Means of customers are drawn towards that of the model,
        and personas differ in what they pay: by one model for all, of
        AdventureWorks those who buy parts were worth as much as those who buy
        bicycles.
    """

    purchases: BgNbd
    spend: GammaGamma
    persona_spend: Mapping[str, GammaGamma] = field(default_factory=dict)


def fit_persona_spend(rows: pd.DataFrame) -> dict[str, GammaGamma]:
    """Fit Gamma-Gamma for each persona in which enough customers came back.

    Parameters
    ----------
    rows : DataFrame
        persona_id, frequency, mean_spend, mean_log_spend, count_customers.

    Returns
    -------
    dict of str to GammaGamma
        Without the personas that are too small; those of the company serve
        them.
    """
    found = {}
    for persona, own in rows.groupby("persona_id"):
        try:
            found[str(persona)] = fit_gamma_gamma(
                own["frequency"],
                own["mean_spend"],
                counts=own["count_customers"],
                mean_log_spend=own["mean_log_spend"],
            )
        except NotEnoughDataError:
            continue
    return found


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
        persona_id, frequency, recency_days, tenure_days, count_customers and
        sum_mean_spend, the sum of their mean spend at repeat purchases.

    Returns
    -------
    ndarray, shape (rows,)
        Discounted money, before returns and margin.
    """
    return discounted_purchases(
        model.purchases, rows, discount_rate_per_year
    ) * summed_spend(model, rows)


def summed_spend(model: ValueModel, rows: pd.DataFrame) -> Array:
    """Return what a purchase brings, summed over the customers of each row.

    The expectation is linear in a customer's mean, so the sum of the means is
    all it takes.

    Parameters
    ----------
    rows : DataFrame
        persona_id, frequency, count_customers, sum_mean_spend.

    Returns
    -------
    ndarray, shape (rows,)
    """
    spends = {COMPANY: model.spend, **model.persona_spend}
    table = np.array([one.parameters for one in spends.values()])
    personas = pd.Index(rows["persona_id"].astype(str))
    places = pd.Index(list(spends)).get_indexer(personas)
    p, q, v = table[np.maximum(places, 0)].T
    x = rows["frequency"].to_numpy(np.float64)
    total = v * rows["count_customers"].to_numpy(np.float64) + np.where(
        x > 0, x * rows["sum_mean_spend"].to_numpy(np.float64), 0.0
    )
    return np.asarray(p * total / (p * x + q - 1))


def discounted_purchases(
    model: BgNbd, rows: pd.DataFrame, discount_rate_per_year: float
) -> Array:
    """Return the purchases of a customer of each row, discounted.

    Parameters
    ----------
    model : BgNbd
    rows : DataFrame
        frequency, recency_days, tenure_days.
    discount_rate_per_year : float

    Returns
    -------
    ndarray, shape (rows,)
    """
    # The factor is dear and hardly differs within a day: one per whole day.
    pairs, place = np.unique(
        rows[["frequency", "tenure_days"]].to_numpy(np.float64).round(),
        axis=0,
        return_inverse=True,
    )
    factors = value_factors(
        model,
        pd.DataFrame(pairs, columns=["frequency", "tenure_days"]),
        discount_rate_per_year=discount_rate_per_year,
    )["discounted_factor_12m"].to_numpy()[place.ravel()]
    odds = model.odds_lost(
        rows["frequency"], rows["recency_days"], rows["tenure_days"]
    )
    return np.asarray(factors / (1 + odds))


def backtest(
    rows: pd.DataFrame,
    predicted: Sequence[float] | Array,
    spend: Sequence[float] | Array,
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
        persona_id, frequency, tenure_days, count_customers, sum_mean_spend, and
        sum_orders, sum_squared_orders, sum_paid_amount (what the customers of
        the row bought after the cut).
    predicted : array-like, shape (rows,)
        Purchases expected of each customer of the row.
    spend : array-like, shape (rows,)
        What a purchase of the row's customers was expected to bring, summed.
    horizon_days : int
        Days after the cut.

    Returns
    -------
    DataFrame
        persona_id ('company': all), count_customers, actual_orders,
        predicted_orders, naive_orders, calibration (predicted per actual),
        model_error, naive_error, is_model_better, actual_amount,
        predicted_amount, naive_amount (the naive orders at the mean of the
        persona's repeat purchases).
    """
    frame = rows.assign(
        predicted=np.asarray(predicted, dtype=np.float64),
        seen=rows["frequency"] * rows["count_customers"],
        days=rows["tenure_days"] * rows["count_customers"],
        paid=rows["frequency"] * rows["sum_mean_spend"],
        predicted_amount=np.asarray(predicted) * np.asarray(spend),
    )
    whole = frame.assign(persona_id=COMPANY)
    both = pd.concat([frame, whole], ignore_index=True)
    sums = both.groupby("persona_id")[["seen", "days", "paid"]].sum()
    pace = sums["seen"] / sums["days"].where(sums["days"] > 0)
    both["naive"] = both["persona_id"].map(pace).fillna(0.0) * horizon_days
    found = both.groupby("persona_id").agg(
        count_customers=("count_customers", "sum"),
        actual_orders=("sum_orders", "sum"),
        actual_amount=("sum_paid_amount", "sum"),
        predicted_amount=("predicted_amount", "sum"),
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
    each = sums["paid"] / sums["seen"].where(sums["seen"] > 0)
    found["naive_amount"] = found["naive_orders"] * each.fillna(0.0)
    return found.rename(
        columns={"predicted_error": "model_error"}
    ).reset_index()[
        [
            *("persona_id", "count_customers", "actual_orders"),
            *("predicted_orders", "naive_orders", "calibration"),
            *("model_error", "naive_error", "is_model_better"),
            *("actual_amount", "predicted_amount", "naive_amount"),
        ]
    ]
