"""Where two personas differ: the same trait of both, on one scale.

Traits have many units. To stand side by side each is told as a distance from
the average of all customers. Its step is a standard deviation: of a share that
of all customers, by its own formula; of a mean that within the two personas, as
their intervals and counts give it back, so a step is shorter than one of
``effect_size``, which looks at all customers. A difference is told only where
the intervals of both do not touch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestration.lib.cards.deck import Row

NORMAL_95 = 1.959964
SMALLEST = 0.2  # standard deviations; Cohen 1988: below it is hardly seen


@dataclass(frozen=True)
class Difference:
    """The same trait of two personas.

    Attributes
    ----------
    left, right : Row
        Of ``persona_traits``.
    deviation : float
        The standard deviation among their customers, in the trait's unit.
    """

    left: Row
    right: Row
    deviation: float

    @property
    def size(self) -> float:
        """Left less right, in standard deviations."""
        left, right = self.left["persona_value"], self.right["persona_value"]
        return float(left - right) / self.deviation

    @property
    def is_sure(self) -> bool:
        """Whether the intervals of both do not touch."""
        low, high = sorted(
            (self.left, self.right), key=lambda row: row["persona_value"]
        )
        return bool(high["interval_low"] > low["interval_high"])

    def place(self, row: Row, column: str) -> float:
        """Return a column as standard deviations from all customers."""
        return float(row[column] - self.left["baseline_value"]) / self.deviation


def differences(left: Iterable[Row], right: Iterable[Row]) -> list[Difference]:
    """Return the traits known of both personas, the largest difference first.

    Parameters
    ----------
    left, right : iterable of Row
        Of ``persona_traits``, of one persona each.
    """
    others = {_key(row): row for row in right if _is_known(row)}
    found = []
    for row in left:
        other = others.get(_key(row))
        if other is None or not _is_known(row):
            continue
        deviation = _deviation(row, other)
        if deviation > 0:
            found.append(Difference(row, other, deviation))
    return sorted(found, key=lambda one: (-abs(one.size), _key(one.left)))


def telling(
    found: Sequence[Difference], count: int, *, part: str = ""
) -> list[Difference]:
    """Return the largest sure differences, each trait once.

    Of a trait with several values, such as a choice, the value is taken in
    which they differ most.
    """
    by_trait: dict[str, Difference] = {}
    for one in found:
        if part and one.left["part"] != part:
            continue
        if one.is_sure and abs(one.size) >= SMALLEST:
            by_trait.setdefault(one.left["trait"], one)
    return list(by_trait.values())[:count]


def _key(row: Row) -> tuple[str, str, str]:
    return row["part"], row["trait"], row["trait_value"] or ""


def _is_known(row: Row) -> bool:
    columns = (
        "persona_value",
        "baseline_value",
        "interval_low",
        "interval_high",
        "count_known",
    )
    return all(row[column] is not None for column in columns)


def _deviation(left: Row, right: Row) -> float:
    if left["statistic"] == "share":
        share = min(max(left["baseline_value"], 0.0), 1.0)
        return math.sqrt(share * (1 - share))
    variances = [
        ((row["interval_high"] - row["interval_low"]) / 2 / NORMAL_95) ** 2
        * row["count_known"]
        for row in (left, right)
    ]
    return math.sqrt(sum(variances) / len(variances))
