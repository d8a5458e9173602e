"""How a sum of money is split over cells with diminishing returns.

A cell's response is a concave curve through what it brings today. Cut into
short straight pieces, the best split under bounds per cell, per channel and in
all takes the steepest pieces first, and is exact. Today's split, where it is
outside the constraints, is first scaled into them channel by channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from ml.columns import FloatArray

TextArray = NDArray[np.str_]
IntArray = NDArray[np.int64]

PIECES = 10  # of a curve on either side of today's money
TOTAL = "total"


class ConstraintError(ValueError):
    """The budget's constraints contradict each other; the message says how."""


@dataclass(frozen=True)
class Bounds:
    """Least and most money of a channel or of all; None where free."""

    least: float | None = None
    most: float | None = None


def growth(times: FloatArray, doubling_adds: FloatArray | float) -> FloatArray:
    """Return the effect of `times` today's money, today's effect being 1.

    The curve (1 - d**t) / (1 - d) is the only one through 0 and 1 whose next
    helping of today's size always adds the same part ``d`` of the last one;
    at d = 1 it is a straight line.

    Parameters
    ----------
    times : ndarray
        Money as a multiple of today's, 0 or more.
    doubling_adds : ndarray, broadcastable to ``times``
        What doubling the money adds, as a part of today's effect: above 0, at
        most 1.
    """
    d = np.asarray(doubling_adds, dtype=np.float64)
    t = np.asarray(times, dtype=np.float64)
    bent = np.minimum(d, 1 - 1e-9)
    return np.asarray(
        np.where(d < 1 - 1e-9, (1 - bent**t) / (1 - bent), t), dtype=np.float64
    )


def fit_to_constraints(
    today: FloatArray, channel: TextArray, limits: Mapping[str, Bounds]
) -> FloatArray:
    """Return today's split scaled into the constraints, itself where it fits.

    Each channel keeps its split; channels outside their bounds move to them,
    and all are scaled by one factor, within their bounds, to reach the total.

    Raises
    ------
    ConstraintError
        When no split meets the constraints, or a channel without any money
        today must have some.
    """
    names, place = np.unique(channel, return_inverse=True)
    sums = np.bincount(place, today, len(names)).astype(np.float64)
    bounds = [limits.get(str(name), Bounds()) for name in names]
    low = np.array([one.least or 0.0 for one in bounds])
    high = np.array(
        [np.inf if one.most is None else one.most for one in bounds]
    )
    high = np.where(sums > 0, high, 0.0)
    for name, bound in limits.items():
        spent = sums[names == name].sum()
        if min(bound.least or 0, bound.most or 0) < 0:
            raise ConstraintError(
                f"A bound of {name!r} is below 0: an amount of money is 0 or "
                "more."
            )
        if name != TOTAL and bound.least and spent <= 0:
            raise ConstraintError(
                f"At least {bound.least:,.2f} is asked for in the channel "
                f"{name!r}, in which nothing is spent today: no plan can say "
                "to whom it should go. Leave its least amount (min_amount) "
                "empty."
            )
        if (bound.least or 0) > (np.inf if bound.most is None else bound.most):
            raise ConstraintError(
                f"The least amount of {name!r} (min_amount {bound.least:,.2f}) "
                f"is above the most (max_amount {bound.most:,.2f})."
            )
    total = limits.get(TOTAL, Bounds())
    within: FloatArray = np.clip(sums, low, high)
    aim = float(today.sum())
    if total.least is not None:
        aim = max(aim, total.least)
    if total.most is not None:
        aim = min(aim, total.most)
    if low.sum() > aim + 1e-6 or high.sum() < aim - 1e-6:
        raise ConstraintError(
            "The constraints cannot be met: the channels take between "
            f"{low.sum():,.2f} and {high.sum():,.2f}, and the total is to be "
            f"{aim:,.2f}. Change the total or the channels' bounds."
        )
    if abs(within.sum() - aim) > 1e-9 * max(aim, 1):
        within = _scaled(sums, low, high, aim)
    factor = np.divide(within, sums, out=np.ones_like(sums), where=sums > 0)
    return np.asarray(today * factor[place])


def _scaled(
    sums: FloatArray, low: FloatArray, high: FloatArray, aim: float
) -> FloatArray:
    def excess(factor: float) -> float:
        return float(np.clip(sums * factor, low, high).sum() - aim)

    largest = 1.0
    while excess(largest) < 0 and largest < 1e12:
        largest *= 2
    factor = optimize.brentq(excess, 0.0, largest, xtol=1e-15, rtol=1e-14)
    return np.asarray(np.clip(sums * factor, low, high))


@dataclass(frozen=True)
class Cells:
    """Where money may go.

    Attributes
    ----------
    base : ndarray, shape (cells,)
        Today's money within the constraints; above 0 where a cell may move.
    low, high : ndarray, shape (cells,)
        Bounds of each cell around its base.
    channel : ndarray of str, shape (cells,)
    """

    base: FloatArray
    low: FloatArray
    high: FloatArray
    channel: TextArray


def best_split(
    cells: Cells,
    *,
    gain: FloatArray,
    loss: FloatArray,
    limits: Mapping[str, Bounds],
    doubling_adds: FloatArray,
) -> FloatArray:
    """Return the split of the same sum with the largest response.

    Parameters
    ----------
    cells : Cells
        Today's money and how far each may move.
    gain, loss : ndarray, shape (cells,)
        Response per unit of today's money that is counted on where a cell
        gets more, and that is given up where it gets less; gain at most loss.
    limits : mapping
        Bounds per channel, which the base keeps.
    doubling_adds : ndarray, shape (draws,)
        What the curve is averaged over, see `growth`.

    Returns
    -------
    ndarray, shape (cells,)

    References
    ----------
    Federgruen & Groenevelt (1986), Operations Research 34(6), 909-918 (under
    bounds that nest, taking what brings most first is best).
    """
    pieces = _pieces(cells, gain, loss, doubling_adds)
    if not len(pieces.width):
        return cells.base.copy()
    start = np.where(cells.high > cells.low, cells.low, cells.base)
    order = np.argsort(-pieces.slope, kind="stable")
    width = pieces.width[order]
    # What a channel must have goes to its steepest pieces, whatever others
    # bring; what it may have beside that competes with all other channels.
    must, may = np.zeros_like(width), width.copy()
    for name, bound in limits.items():
        mine = cells.channel == name
        inside = np.flatnonzero(mine[pieces.owner[order]])
        has = float(start[mine].sum())
        if bound.least is not None:
            must[inside] = _filled(width[inside], bound.least - has)
        if bound.most is not None:
            may[inside] = _filled(width[inside], bound.most - has)
    rest = float((cells.base - start).sum() - must.sum())
    taken = must + _filled(np.maximum(may - must, 0), rest)
    added = np.bincount(pieces.owner[order], taken, len(cells.base))
    return np.asarray(start + added)


def _filled(width: FloatArray, amount: float) -> FloatArray:
    """Return what of each piece an amount fills, one after the other."""
    before = np.cumsum(width) - width
    return np.asarray(np.clip(amount - before, 0, width))


@dataclass(frozen=True)
class _Pieces:
    """Straight pieces of all curves: length, response per unit, cell."""

    width: FloatArray
    slope: FloatArray
    owner: IntArray


def _pieces(
    cells: Cells, gain: FloatArray, loss: FloatArray, doubling_adds: FloatArray
) -> _Pieces:
    free = np.flatnonzero(cells.high > cells.low)
    base = cells.base[free]
    parts = np.linspace(0, 1, PIECES + 1)
    widths, slopes, owners = [], [], []
    chord = _ratio(
        _curve(cells.high[free] / base, doubling_adds)
        - _curve(cells.low[free] / base, doubling_adds),
        (cells.high[free] - cells.low[free]) / base,
    )
    for start, end, rate in (
        (cells.low[free], base, loss[free]),
        (base, cells.high[free], gain[free]),
    ):
        edges = start[:, None] + (end - start)[:, None] * parts
        times = edges / base[:, None]
        width = np.diff(edges, axis=1)
        steep = _ratio(
            np.diff(_curve(times, doubling_adds), axis=1),
            np.diff(times, axis=1),
        )
        # A negative response bends upwards: its best is at an end, and the
        # chord tells the ends.
        steep = np.where(rate[:, None] < 0, chord[:, None], steep)
        widths.append(width.ravel())
        slopes.append((rate[:, None] * steep).ravel())
        owners.append(np.repeat(free, PIECES))
    return _Pieces(
        np.concatenate(widths), np.concatenate(slopes), np.concatenate(owners)
    )


def _curve(times: FloatArray, doubling_adds: FloatArray) -> FloatArray:
    total = np.zeros_like(times)
    for one in doubling_adds:
        total += growth(times, one)
    return np.asarray(total / len(doubling_adds))


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.divide(top, bottom, out=np.ones_like(top), where=bottom > 0)
