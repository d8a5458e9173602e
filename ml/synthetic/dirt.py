"""Faults, planted as additional rows and counted.

No row depends on a faulty row, and no row has two faults, so that each count
can be found again exactly. Rows that must come earlier than their correct twin
(the losers of a conflict) are put in front, all others behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ml.synthetic.draws import nullable, words
from ml.synthetic.plans import Array

RATE = 0.003
AT_LEAST = 3
FUTURE = np.datetime64("2090-01-01", "us")
BIRTHS = ("1889-03-14", "1801-01-01", "1766-11-30", "2031-05-05", "2087-12-24")
COLUMNS = ("entity", "kind", "count_rows")
Mend = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass
class Spoiler:
    """Collects faulty rows for one entity, and adds them all at once."""

    rng: np.random.Generator
    entity: str
    frame: pd.DataFrame
    usable: Array
    front: list[pd.DataFrame] = field(default_factory=list)
    behind: list[pd.DataFrame] = field(default_factory=list)
    counts: list[tuple[str, str, int]] = field(default_factory=list)

    def add(
        self, kind: str, change: Mend | None = None, *, in_front: bool = False
    ) -> None:
        """Copy some rows, never the same twice, change and keep the copies."""
        size = max(AT_LEAST, round(RATE * len(self.frame)))
        if size > len(self.usable):
            raise ValueError(
                f"{self.entity} has too few rows for the fault {kind}: ask "
                "generate() for more customers."
            )
        rows, self.usable = self.usable[:size], self.usable[size:]
        copies = self.frame.iloc[rows].reset_index(drop=True)
        if change is not None:
            copies = change(copies)
        (self.front if in_front else self.behind).append(copies)
        self.counts.append((self.entity, kind, size))

    def joined(self) -> pd.DataFrame:
        """Return the entity with its faulty rows."""
        return stack([*self.front, self.frame, *self.behind])


def stack(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate frames, keeping Categoricals categorical."""
    columns: dict[str, Any] = {}
    for column in frames[0].columns:
        parts = [frame[column] for frame in frames]
        if isinstance(parts[0].dtype, pd.CategoricalDtype):
            columns[column] = pd.api.types.union_categoricals(parts)
        else:
            columns[column] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns)


def add_dirt(
    rng: np.random.Generator, entities: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """Plant all faults; replaces the frames in `entities` by spoilt ones.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the randomness comes from.
    entities : dict of DataFrame
        The clean entities.

    Returns
    -------
    DataFrame
        Columns entity, kind, count_rows.
    """
    customers = entities["customers"]
    is_banded = customers["age_band"].notna() | customers[
        "income"
    ].str.contains("-", na=False)
    names = customers["full_name"]
    ascii_words = np.array([word.isascii() for word in names.cat.categories])
    is_latin = ascii_words[names.cat.codes]
    counts = [
        ("customers", "band", int(is_banded.sum())),
        ("customers", "non_latin_name", int((~is_latin).sum())),
    ]
    plain = np.flatnonzero(
        ~is_banded.to_numpy() & is_latin & customers["birth_date"].notna()
    )

    spoilers = [
        _customers(_open(rng, entities, "customers", plain)),
        _products(_open(rng, entities, "products")),
        _orders(rng, entities),
        _order_lines(rng, entities),
        _sessions(rng, entities),
        _identifiers(rng, entities),
        _orphans(rng, entities, "survey_responses", "question_id", "Q999"),
        _orphans(rng, entities, "campaign_touches", "campaign_id", "C99"),
    ]
    for spoiler in spoilers:
        entities[spoiler.entity] = spoiler.joined()
        counts += spoiler.counts
    return pd.DataFrame(counts, columns=list(COLUMNS))


def _open(
    rng: np.random.Generator,
    entities: dict[str, pd.DataFrame],
    entity: str,
    usable: Array | None = None,
) -> Spoiler:
    frame = entities[entity]
    rows = np.arange(len(frame)) if usable is None else usable
    size = min(len(rows), 8 * max(AT_LEAST, round(RATE * len(frame))))
    return Spoiler(rng, entity, frame, rng.choice(rows, size, replace=False))


def _renumbered(column: str, first: int) -> Mend:
    """Return a change that gives new keys from `first` on."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows[column] = np.arange(first, first + len(rows))
        return _like_key(rows, column)

    return change


def _like_key(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    rows[column] = rows[column].astype("Int64")
    return rows


def _unkeyed(column: str) -> Mend:
    """Return a change that takes the key away."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows[column] = nullable(np.full(len(rows), -1))
        return rows

    return change


def _customers(spoiler: Spoiler) -> Spoiler:
    top = int(spoiler.frame["customer_id"].max())
    rng = spoiler.rng

    def born_wrong(rows: pd.DataFrame) -> pd.DataFrame:
        rows = _renumbered("customer_id", top + 1)(rows)
        rows["birth_date"] = words(
            rng.integers(0, len(BIRTHS), len(rows)), BIRTHS
        )
        return rows

    def other_city(rows: pd.DataFrame) -> pd.DataFrame:
        codes = rows["city"].cat.codes.to_numpy()
        cities = rows["city"].cat.categories
        moved = (codes + 1 + rng.integers(0, len(cities) - 1, len(codes))) % (
            len(cities)
        )
        rows["city"] = words(moved, list(cities))
        return rows

    spoiler.add("exact_duplicate")
    spoiler.add("impossible_birth", born_wrong)
    spoiler.add("missing_key", _unkeyed("customer_id"))
    spoiler.add("conflicting_duplicate", other_city, in_front=True)
    return spoiler


def _products(spoiler: Spoiler) -> Spoiler:
    def other_price(rows: pd.DataFrame) -> pd.DataFrame:
        rows["list_price"] = (rows["list_price"] * 1.25 + 1).round(2)
        return rows

    spoiler.add("conflicting_duplicate", other_price, in_front=True)
    return spoiler


def _in_future(rng: np.random.Generator, column: str) -> Mend:
    def change(rows: pd.DataFrame) -> pd.DataFrame:
        later = rng.integers(0, 5 * 365 * 86_400, len(rows)) * 1_000_000
        rows[column] = FUTURE + later.astype("timedelta64[us]")
        return rows

    return change


def _orders(
    rng: np.random.Generator, entities: dict[str, pd.DataFrame]
) -> Spoiler:
    spoiler = _open(rng, entities, "orders")
    renumber = _renumbered("order_id", len(spoiler.frame) + 1)
    late = _in_future(rng, "ordered_at")
    spoiler.add("exact_duplicate")
    spoiler.add("future_date", lambda rows: late(renumber(rows)))
    spoiler.add("missing_key", _unkeyed("order_id"))
    return spoiler


def _order_lines(
    rng: np.random.Generator, entities: dict[str, pd.DataFrame]
) -> Spoiler:
    sales = int((entities["order_lines"]["line_type"] == "sale").sum())
    spoiler = _open(rng, entities, "order_lines", np.arange(sales))
    next_line = len(spoiler.frame) + 1
    size = max(AT_LEAST, round(RATE * len(spoiler.frame)))
    next_order = 3 * len(entities["orders"]) + 1_000

    def orphan(rows: pd.DataFrame) -> pd.DataFrame:
        rows = _renumbered("order_line_id", next_line)(rows)
        rows["order_id"] = np.arange(next_order, next_order + len(rows))
        return rows

    def negative(rows: pd.DataFrame) -> pd.DataFrame:
        rows = _renumbered("order_line_id", next_line + size)(rows)
        rows["unit_price"] = -rows["unit_price"]
        return rows

    spoiler.add("exact_duplicate")
    spoiler.add("orphan", orphan)
    spoiler.add("negative_price", negative)
    spoiler.add("missing_key", _unkeyed("order_line_id"))
    return spoiler


def _sessions(
    rng: np.random.Generator, entities: dict[str, pd.DataFrame]
) -> Spoiler:
    spoiler = _open(rng, entities, "web_sessions")
    top = len(spoiler.frame)
    late = _in_future(rng, "started_at")

    def in_future(rows: pd.DataFrame) -> pd.DataFrame:
        rows["session_id"] = np.arange(top + 1, top + 1 + len(rows))
        rows["order_id"] = nullable(np.full(len(rows), -1))
        return late(rows)

    spoiler.add("exact_duplicate")
    spoiler.add("future_date", in_future)
    return spoiler


def _identifiers(
    rng: np.random.Generator, entities: dict[str, pd.DataFrame]
) -> Spoiler:
    frame = entities["customer_identifiers"]
    mails = np.flatnonzero(frame["identifier_type"] == "email")
    spoiler = _open(rng, entities, "customer_identifiers", mails)

    def broken(rows: pd.DataFrame) -> pd.DataFrame:
        patterns = ("{0}.example.com", "{0}@", "@{0}", "{0} at example.org")
        rows["identifier_value"] = pd.Series(
            [
                patterns[place % len(patterns)].format(f"broken{number}")
                for place, number in enumerate(rows["customer_id"])
            ],
            dtype="str",
        )
        return rows

    spoiler.add("broken_email", broken)
    return spoiler


def _orphans(
    rng: np.random.Generator,
    entities: dict[str, pd.DataFrame],
    entity: str,
    column: str,
    missing: str,
) -> Spoiler:
    spoiler = _open(rng, entities, entity)
    key = "response_id" if entity == "survey_responses" else "touch_id"
    first = len(spoiler.frame) + 1

    def orphan(rows: pd.DataFrame) -> pd.DataFrame:
        rows[key] = np.arange(first, first + len(rows))
        rows[column] = words(np.zeros(len(rows)), (missing,))
        return rows

    spoiler.add("orphan", orphan)
    return spoiler
