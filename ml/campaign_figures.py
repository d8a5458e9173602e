"""The figures of one comparison: lift, test, power, and what it brought."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from ml import proportions
from ml.columns import FloatArray
from ml.proportions import UNKNOWN, Comparison, Interval

COSTED_PART = 0.9  # of the net amount: above it, return is told in margin

SUMS = [
    "count_customers",
    "count_converted",
    "count_orders",
    "sum_squared_orders",
    "sum_net_amount",
    "sum_squared_net_amount",
    "sum_costed_net_amount",
    "sum_margin_amount",
    "sum_squared_margin_amount",
]


@dataclass(frozen=True)
class Figures:
    """What one comparison says; nan and None where it says nothing."""

    count_treated_converted: float = math.nan
    count_compared_converted: float = math.nan
    treated_conversion_share: float = math.nan
    compared_conversion_share: float = math.nan
    lift: Interval = UNKNOWN
    lift_ratio: Interval = UNKNOWN
    p_value: float = math.nan
    detectable_lift: float = math.nan
    count_customers_needed: float = math.nan
    orders: Interval = UNKNOWN
    net_amount: Interval = UNKNOWN
    margin_amount: Interval = UNKNOWN
    return_basis: str | None = None


def measure(
    treated: pd.DataFrame, compared: pd.DataFrame, *, relevant: float
) -> Figures:
    """Compare two arms, stratum by stratum.

    Parameters
    ----------
    treated, compared : DataFrame
        One row per stratum, in the same order, the columns ``SUMS``.
    relevant : float
        The smallest lift that would matter, a share.
    """
    own = {name: treated[name].to_numpy(np.float64) for name in SUMS}
    other = {name: compared[name].to_numpy(np.float64) for name in SUMS}
    arms = proportions.compare(
        own["count_customers"],
        own["count_converted"],
        other["count_customers"],
        other["count_converted"],
    )
    baseline = _baseline(arms)
    part = arms.effective_treated / (
        arms.effective_treated + arms.effective_compared
    )
    return Figures(
        count_treated_converted=float(own["count_converted"].sum()),
        count_compared_converted=float(other["count_converted"].sum()),
        treated_conversion_share=arms.treated_share,
        compared_conversion_share=arms.compared_share,
        lift=proportions.difference(arms),
        lift_ratio=proportions.ratio(arms),
        p_value=proportions.p_value(arms),
        detectable_lift=proportions.detectable_lift(
            arms.effective_treated, arms.effective_compared, baseline
        ),
        count_customers_needed=proportions.customers_needed(
            baseline, relevant, part
        ),
        orders=_mean(own, other, "count_orders", "sum_squared_orders"),
        net_amount=_mean(
            own, other, "sum_net_amount", "sum_squared_net_amount"
        ),
        margin_amount=_mean(
            own, other, "sum_margin_amount", "sum_squared_margin_amount"
        ),
        return_basis=_return_basis(own, other),
    )


def _baseline(arms: Comparison) -> float:
    """Return the share to plan with: never 0, where half a buyer is put in."""
    least = 0.5 / float(arms.compared.sum())
    return min(max(arms.compared_share, least), 1 - least)


def _mean(
    own: dict[str, FloatArray],
    other: dict[str, FloatArray],
    name: str,
    squared: str,
) -> Interval:
    return proportions.mean_difference(
        own["count_customers"],
        own[name],
        own[squared],
        other["count_customers"],
        other[name],
        other[squared],
    )


def _return_basis(
    own: dict[str, FloatArray], other: dict[str, FloatArray]
) -> str:
    net, costed = (
        float(own[name].sum() + other[name].sum())
        for name in ("sum_net_amount", "sum_costed_net_amount")
    )
    is_known = net > 0 and costed >= COSTED_PART * net
    return "margin_amount" if is_known else "net_amount"


def told(figures: Figures, count: float, spend: float) -> dict[str, Any]:
    """Return the figures as columns, the gains times the treated."""
    told: dict[str, Any] = {}
    for field in fields(figures):
        value = getattr(figures, field.name)
        if not isinstance(value, Interval):
            told[field.name] = value
    told |= _limits("lift", figures.lift)
    told |= _limits("lift_ratio", figures.lift_ratio)
    gains = {
        "orders": figures.orders.times(count),
        "net_amount": figures.net_amount.times(count),
        "margin_amount": figures.margin_amount.times(count),
    }
    for name, gain in gains.items():
        told |= _limits(f"incremental_{name}", gain)
    basis = figures.return_basis
    returned = (
        gains[basis].times(1 / spend)
        if basis is not None and spend > 0
        else UNKNOWN
    )
    return told | _limits("return_on_spend", returned)


def _limits(name: str, interval: Interval) -> dict[str, float]:
    return {
        name: interval.value,
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
    }
