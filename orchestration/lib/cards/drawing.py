"""Small drawings of numbers: where to put the marks, in per cent.

The templates draw with SVG attributes, because a page whose policy allows no
inline style cannot say ``style="width: 41%"``.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.lib.cards.deck import Row

HEADROOM = 1.15  # of the axis beyond the largest mark


@dataclass(frozen=True)
class Whisker:
    """A value with its interval and its baseline on one axis, in per cent."""

    value: str
    low: str
    high: str
    baseline: str | None


def whisker(row: Row) -> Whisker | None:
    """Return the marks of a trait; None without a value.

    The axis begins at zero, or at the lowest mark where one is negative; it
    ends behind the largest mark, for shares at the latest with 100 %.
    """
    value = row["persona_value"]
    if value is None:
        return None
    low = value if row["interval_low"] is None else row["interval_low"]
    high = value if row["interval_high"] is None else row["interval_high"]
    baseline = row["baseline_value"]
    marks = [value, low, high, *([] if baseline is None else [baseline])]
    start = min(0.0, min(marks) * HEADROOM)
    end = max(0.0, max(marks) * HEADROOM)
    if row["unit"] == "share":
        end = min(end, 1.0)
    length = (end - start) or 1.0

    def place(mark: float) -> str:
        return per_cent((mark - start) / length)

    return Whisker(
        place(value),
        place(low),
        place(high),
        None if baseline is None else place(baseline),
    )


def per_cent(share: float | None, whole: float = 1.0) -> str:
    """Return a share of a whole as an SVG length."""
    part = (share or 0.0) / whole if whole else 0.0
    return f"{100 * min(max(part, 0.0), 1.0):.2f}%"
