"""Small vectorised draws that every part of the sample company shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.synthetic.plans import COUNT, Array, values

DAY = 86_400
MONTH_FACTOR = (
    *(0.86, 0.85, 0.95, 0.98, 1.02, 0.98),
    *(0.94, 0.92, 0.98, 1.04, 1.32, 1.46),
)
EVENING_HOURS = (18, 19, 20, 21, 22, 23, 0, 1)
EVENING_ODDS = (4, 5, 6, 6, 4, 2, 1, 0.5)
DAYTIME_HOURS = (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
DAYTIME_ODDS = (1, 2, 4, 5, 5, 4, 4, 4, 4, 4, 4)


@dataclass(frozen=True)
class Calendar:
    """The days that are simulated, and how busy each is for each persona.

    Attributes
    ----------
    start : numpy.datetime64
        First day.
    month_starts : ndarray of int, shape (months + 1,)
        Day number on which each month begins; the last is the day after.
    busy : ndarray of float, shape (personas, days + 1)
        Cumulated activity, scaled so that all days together count `months`.
    """

    start: np.datetime64
    month_starts: Array
    busy: Array

    @property
    def days(self) -> int:
        """Number of simulated days."""
        return int(self.month_starts[-1])

    @property
    def months(self) -> int:
        """Number of simulated months."""
        return len(self.month_starts) - 1

    def month_of(self, day: Array) -> Array:
        """Return the month number (0-based, below 0 before the start)."""
        inside = np.searchsorted(self.month_starts, day, side="right") - 1
        return np.where(day < 0, -1, inside)

    def times(self, seconds: Array) -> Array:
        """Turn seconds since the first day into timestamps (UTC)."""
        origin = self.start.astype("datetime64[us]").astype(np.int64)
        whole = np.asarray(seconds).astype(np.int64)
        whole *= 1_000_000
        whole += origin
        return np.asarray(whole.view("datetime64[us]"))

    def exposure(self, persona: Array, begin: Array, end: Array) -> Array:
        """Return the busy months between two days, per row."""
        later = np.maximum(begin, end)
        return np.asarray(self.busy[persona, later] - self.busy[persona, begin])

    def days_between(
        self,
        rng: np.random.Generator,
        persona: Array,
        begin: Array,
        end: Array,
        *,
        part: tuple[Array, Array] | None = None,
    ) -> Array:
        """Draw a day from ``[begin, end)`` for each row, busy days oftener.

        With `part` (which, of how many) the day falls in that part of the
        time only, so that a person's days are spread evenly.
        """
        low = self.busy[persona, begin]
        chance = rng.random(len(low))
        if part is not None:
            chance = (part[0] + chance) / part[1]
        at = low + chance * (self.busy[persona, end] - low)
        day = np.empty(len(at), dtype=np.int32)
        for number in range(COUNT):
            rows = persona == number
            day[rows] = (
                np.searchsorted(self.busy[number], at[rows], side="right") - 1
            )
        return np.clip(day, begin, np.maximum(end - 1, begin))


def make_calendar(end_month: str, months: int) -> Calendar:
    """Build the calendar of `months` months that ends with `end_month`."""
    last = np.datetime64(end_month, "M")
    firsts = np.arange(last - months + 1, last + 2)
    month_days = firsts.astype("datetime64[D]")
    start = month_days[0]
    month_starts = (month_days - start).astype(np.int64)
    days = np.arange(month_starts[-1])
    weekday = (start.astype(np.int64) + 3 + days) % 7
    month = np.searchsorted(month_starts, days, side="right") - 1
    of_year = firsts.astype(np.int64)[month] % 12
    season = np.array(MONTH_FACTOR)[of_year]
    weekend = values("weekend")[:, None]
    week = np.where(weekday >= 5, weekend / 2, (1 - weekend) / 5) * 7
    cumulated = np.cumsum(week * season, axis=1)
    busy = np.zeros((COUNT, len(days) + 1))
    busy[:, 1:] = cumulated / cumulated[:, -1:] * months
    return Calendar(start, month_starts, busy)


def pick(rng: np.random.Generator, table: Array, group: Array) -> Array:
    """Draw one word number per row from its group's row of `table`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the randomness comes from.
    table : ndarray, shape (groups, words)
        Probabilities; each row adds up to one.
    group : ndarray of int, shape (rows,)
        The row of `table` that holds for each draw.

    Returns
    -------
    ndarray of int16, shape (rows,)
    """
    cumulated = np.cumsum(table, axis=1)
    chance = rng.random(len(group))
    drawn = np.empty(len(group), dtype=np.int16)
    for number in range(len(table)):
        rows = np.flatnonzero(group == number)
        if len(rows):
            drawn[rows] = np.searchsorted(
                cumulated[number], chance[rows], side="right"
            )
    return np.asarray(np.minimum(drawn, table.shape[1] - 1))


def lean(share: Array, leaning: Array) -> Array:
    """Shift shares by a personal leaning on the logit scale."""
    odd = np.log(share) - np.log1p(-share) + leaning
    return np.asarray(1 / (1 + np.exp(-odd)))


def second_of_day(rng: np.random.Generator, is_evening: Array) -> Array:
    """Draw a second of the day, in the evening (18 to 2 h) or by day."""
    table = np.zeros((2, 24))
    table[0, list(DAYTIME_HOURS)] = DAYTIME_ODDS
    table[1, list(EVENING_HOURS)] = EVENING_ODDS
    table /= table.sum(axis=1, keepdims=True)
    hour = pick(rng, table, is_evening.astype(np.int8)).astype(np.int64)
    return hour * 3600 + rng.integers(0, 3600, len(hour))


def words(codes: Array, categories: Sequence[str]) -> pd.Categorical:
    """Make a Categorical from word numbers; -1 is null."""
    kind = pd.CategoricalDtype(list(categories))
    return pd.Categorical.from_codes(
        np.asarray(codes, dtype=np.int64), dtype=kind
    )


def nullable(numbers: Array, is_null: Array | None = None) -> pd.Series:
    """Make an ``Int64`` column; negative numbers or `is_null` are null."""
    mask = numbers < 0 if is_null is None else is_null
    return pd.Series(
        pd.arrays.IntegerArray(numbers.astype(np.int64), mask.copy())
    )


def money(amounts: Array) -> Array:
    """Round to cents."""
    return np.round(amounts, 2)


def times_or_null(calendar: Calendar, seconds: Array, known: Array) -> Array:
    """Timestamps where `known`, NaT elsewhere."""
    stamps = calendar.times(seconds)
    stamps[~known] = np.datetime64("NaT")
    return stamps
