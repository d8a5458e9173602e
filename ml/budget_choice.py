"""Whether a better split is surely better.

The split that looks best always looks better than it is. So it is weighed
against today's in every draw of the returns and of how they bend, and taken
where enough of them agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.budget_allocation import TOTAL, Bounds, Cells, best_split, growth
from ml.columns import FloatArray

CAUTION = 0.5  # standard deviations that a move must still pay at
CENT = 0.01
COUNT_REGRETS = 100  # draws whose own best split is looked for


@dataclass(frozen=True)
class BudgetRules:
    """What people decide about a plan.

    Attributes
    ----------
    move_limit : float
        By which part of itself a cell may change at most, 0-1.
    certainty : float
        Probability of being better than today's split that a plan needs.
    doubling_adds : tuple of float
        What doubling the money adds, as a part of today's effect: from, to.
        Draws take it evenly from this range; it is not learnt.
    """

    move_limit: float = 0.5
    certainty: float = 0.95
    doubling_adds: tuple[float, float] = (0.4, 1.0)


@dataclass(frozen=True)
class Drawn:
    """Draws of the returns, shape (draws, cells), and of how they bend."""

    returns: FloatArray
    doubling_adds: FloatArray

    def incremental(self, amount: FloatArray, today: FloatArray) -> FloatArray:
        """Return what amounts bring, shape (draws, cells).

        ``amount`` is one split, or one per draw.
        """
        times = amount / np.where(today > 0, today, 1)
        grown = growth(times, self.doubling_adds[:, None])
        return np.asarray(grown * self.returns * today)

    def first(self, count: int) -> Drawn:
        """Return the first so many draws."""
        return Drawn(self.returns[:count], self.doubling_adds[:count])


@dataclass(frozen=True)
class Choice:
    """The split taken, and what the best-looking one promised."""

    plan: FloatArray
    is_moved: bool
    candidate: FloatArray
    probability: float
    probability_equal: float
    best: FloatArray  # per draw of the first COUNT_REGRETS


def choose(
    money: Cells,
    drawn: Drawn,
    limits: Mapping[str, Bounds],
    rules: BudgetRules,
    probability_equal: float,
) -> Choice:
    """Look for the best split and take it where it is surely better."""
    by_channel = {key: one for key, one in limits.items() if key != TOTAL}
    mean, spread = drawn.returns.mean(axis=0), drawn.returns.std(axis=0)
    some = np.arange(COUNT_REGRETS)
    candidate = best_split(
        money,
        gain=mean - CAUTION * spread,
        loss=mean + CAUTION * spread,
        limits=by_channel,
        doubling_adds=drawn.doubling_adds[some],
    )
    candidate = in_cents(candidate, money.base, float(money.base.sum()))
    gain = drawn.incremental(candidate, money.base) - drawn.returns * money.base
    is_other = np.abs(candidate - money.base).max(initial=0) > CENT
    probability = float((gain.sum(axis=1) > 0).mean()) if is_other else 0.0
    is_moved = probability >= rules.certainty
    best = np.array(
        [
            best_split(
                money,
                gain=drawn.returns[draw],
                loss=drawn.returns[draw],
                limits=by_channel,
                doubling_adds=drawn.doubling_adds[[draw]],
            )
            for draw in some
        ]
    )
    return Choice(
        candidate if is_moved else money.base,
        is_moved,
        candidate,
        probability,
        probability_equal,
        best,
    )


def in_cents(
    amounts: FloatArray, before: FloatArray, total: float
) -> FloatArray:
    """Round what has changed to cents; the largest change takes the rest.

    What changes by less than a cent stays as it was, and all sum to the total.
    """
    change = np.abs(amounts - before)
    rounded = np.where(change >= CENT, np.round(amounts, 2), before)
    if (change >= CENT).any():
        largest = int(np.argmax(change))
        rest = rounded.sum() - rounded[largest]
        rounded[largest] = np.round(total - rest, 4)
    return np.asarray(rounded)
