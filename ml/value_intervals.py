"""How sure the value of a persona's customers is: a bootstrap of first order.

Customers are drawn anew (Poisson weights on the counted rows), and the models
move to where they would be fitted by one Newton step from the scores of the
drawn rows. What the step does to the values is taken as linear. So a draw costs
a sum instead of a fit; models fitted anew give the same width within a third (a
test).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ml.threads import thread_pools
from ml.value import (
    Array,
    ValueModel,
    discounted_purchases,
    summed_spend,
)
from ml.value_models import (
    BgNbd,
    GammaGamma,
    bg_nbd_scores,
    gamma_gamma_scores,
)

DRAWS = 200
LEVEL = 0.95
ALL = slice(None)


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

    Parameters
    ----------
    rows : DataFrame
        As for `ml.value.expected_value`.
    spend_rows : DataFrame
        persona_id, frequency, mean_spend, mean_log_spend, count_customers.
    random_state : int
    draws : int

    Returns
    -------
    DataFrame
        persona_id, value_per_customer (mean over its customers), low, high: a
        95 % interval of it.
    """
    rng = np.random.default_rng(random_state)
    names = rows["persona_id"].astype(str)
    personas, place = np.unique(names, return_inverse=True)
    counts = rows["count_customers"].to_numpy(np.float64)

    def by_persona(values: Array, some: Any = ALL) -> Array:
        return np.bincount(place[some], values, len(personas)).astype(float)

    def purchases(parameters: Array) -> Array:
        r, alpha, a, b = parameters
        moved = BgNbd(r, alpha, a, b, np.nan)
        return discounted_purchases(moved, rows, discount_rate_per_year)

    sizes = by_persona(counts)
    with thread_pools().limit(limits=1):
        bought = purchases(model.purchases.parameters)
        paid = summed_spend(model, rows)
        slopes = _slopes(purchases, model.purchases.parameters) * paid
        scores = bg_nbd_scores(
            model.purchases,
            rows["frequency"],
            rows["recency_days"],
            rows["tenure_days"],
        )
        effect = _newton(scores, counts) @ [by_persona(one) for one in slopes]
        means = np.empty((draws, len(personas)))
        for number in range(draws):  # one at a time: all at once are gigabytes
            drawn = rng.poisson(counts).astype(np.float64)
            value = by_persona(drawn * bought * paid / counts)
            means[number] = value / np.maximum(by_persona(drawn), 1e-9)
            means[number] += (drawn - counts) @ effect / sizes
        # A persona moves with its own model of spend, or with that of all.
        is_own = names.isin(list(model.persona_spend)).to_numpy()
        for spend, some, learnt in [
            (model.spend, ~is_own, spend_rows),
            *(
                (
                    own,
                    (names == persona).to_numpy(),
                    spend_rows[spend_rows["persona_id"] == persona],
                )
                for persona, own in model.persona_spend.items()
            ),
        ]:
            if some.any():
                slopes = _spend_slopes(spend, rows[some]) * bought[some]
                moved = _drawn_spend(rng, spend, learnt, draws)
                effect = np.array([by_persona(one, some) for one in slopes])
                means += moved @ effect / sizes
    edges = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return pd.DataFrame(
        {
            "persona_id": personas,
            "value_per_customer": by_persona(bought * paid) / sizes,
            "low": np.maximum(edges[0], 0.0),
            "high": edges[1],
        }
    )


def _drawn_spend(
    rng: np.random.Generator,
    spend: GammaGamma,
    rows: pd.DataFrame,
    draws: int,
) -> Array:
    """Return where each draw moves the parameters of a model of spend."""
    counts = rows["count_customers"].to_numpy(np.float64)
    scores = gamma_gamma_scores(
        spend, rows["frequency"], rows["mean_spend"], rows["mean_log_spend"]
    )
    newton = _newton(scores, counts)
    return np.array(
        [(rng.poisson(counts) - counts) @ newton for _ in range(draws)]
    )


def _spend_slopes(spend: GammaGamma, rows: pd.DataFrame) -> Array:
    """Return how the summed spend of rows moves with p, q and v."""

    def payments(parameters: Array) -> Array:
        p, q, v = parameters
        x = rows["frequency"].to_numpy(np.float64)
        total = v * rows["count_customers"].to_numpy(np.float64) + np.where(
            x > 0, x * rows["sum_mean_spend"].to_numpy(np.float64), 0.0
        )
        return np.asarray(p * total / (p * x + q - 1))

    return _slopes(payments, spend.parameters)


def _slopes(function: Callable[[Array], Array], at: Array) -> Array:
    """Return the slopes of a function of parameters, one row for each."""
    rows = []
    for step in np.diag(1e-4 * at):
        apart = function(at + step) - function(at - step)
        rows.append(apart / (2 * step.sum()))
    return np.array(rows)


def _newton(scores: Array, counts: Array) -> Array:
    """Return what each customer of a row moves the parameters by."""
    information = (scores * counts[:, None]).T @ scores
    return np.asarray(scores @ np.linalg.pinv(information, hermitian=True))
