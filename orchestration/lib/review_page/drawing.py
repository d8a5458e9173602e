"""Small lines over months: where to put the marks, in units of the drawing.

A month of which nothing is told, or what is told is hidden, leaves a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.lib.review_page.reading import Drift, Row, Size

PAD = 4.0  # around the marks, so that none is cut off
SIZE_FORM = (132.0, 34.0)
DRIFT_FORM = (264.0, 84.0)
LEAST_SPAN = 0.02  # share of customers that the height stands for at least
HIGHEST = 2.5  # bounds are at 1 and 2


@dataclass(frozen=True)
class Line:
    """A line in a drawing of ``width`` and ``height``.

    Attributes
    ----------
    parts : list of str
        Points of each stretch without a gap, as SVG wants them.
    dots : list of (str, str)
        Where a single month stands between gaps, and the last month.
    bounds : list of str
        Heights of the bounds, the lowest first.
    """

    width: float
    height: float
    parts: list[str]
    dots: list[tuple[str, str]]
    bounds: list[str]


def size_span(sizes: Sequence[Size]) -> float:
    """Return the range of shares that the height of every line stands for."""
    ranges = [
        max(known) - min(known)
        for one in sizes
        if (known := [share for share in one.shares if share is not None])
    ]
    return max([LEAST_SPAN, *ranges])


def size_line(size: Size, span: float) -> Line:
    """Draw the shares of a persona around the middle of their range."""
    known = [share for share in size.shares if share is not None]
    middle = (max(known) + min(known)) / 2 if known else 0.0
    return _line(
        [
            None if share is None else (share - middle) / span + 0.5
            for share in size.shares
        ],
        SIZE_FORM,
        (),
    )


def drift_line(drift: Drift) -> Line:
    """Draw a kind of drift, its bounds at the same heights for any measure."""
    return _line(
        [
            None if row["drift"] is None else drift_level(row) / HIGHEST
            for row in drift.rows
        ],
        DRIFT_FORM,
        (1 / HIGHEST, 2 / HIGHEST),
    )


def drift_level(row: Row) -> float:
    """Return a drift on a scale where its bounds are at 1 and 2.

    A month's measure is the one furthest on its way, and each has bounds of
    its own.
    """
    drift, watch = float(row["drift"]), float(row["watch_from"])
    act = float(row["act_from"])
    level = (
        drift / watch
        if drift < watch
        else 1 + (drift - watch) / max(act - watch, 1e-9)
    )
    return min(max(level, 0.0), HIGHEST)


def _line(
    heights: Sequence[float | None],
    form: tuple[float, float],
    bounds: Sequence[float],
) -> Line:
    """Draw heights of 0-1, from left to right."""
    width, height = form
    step = (width - 2 * PAD) / max(len(heights) - 1, 1)

    def y(level: float) -> str:
        return f"{height - PAD - level * (height - 2 * PAD):.1f}"

    stretches: list[list[tuple[str, str]]] = [[]]
    for place, level in enumerate(heights):
        if level is None:
            stretches.append([])
        else:
            x = width - PAD - (len(heights) - 1 - place) * step
            stretches[-1].append((f"{x:.1f}", y(level)))
    alone = [one[0] for one in stretches if len(one) == 1]
    last = stretches[-1][-1:] if len(stretches[-1]) > 1 else []
    return Line(
        width,
        height,
        [
            " ".join(f"{x},{level}" for x, level in one)
            for one in stretches
            if len(one) > 1
        ],
        [*alone, *last],
        [y(bound) for bound in bounds],
    )
