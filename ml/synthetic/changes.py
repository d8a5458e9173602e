"""What is made to change while the company is watched, and when.

A late persona, growing and shrinking ones, and a few movers are in every
company. The rest is asked for: a split and a merger of personas, a drift of
the whole input, more movers, or nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ml.synthetic.draws import DAY, Calendar
from ml.synthetic.persona_plan import PersonaPlan
from ml.synthetic.plans import NAMES, PERSONAS, Array
from ml.synthetic.vocabulary import CHANNELS

MOVERS_SHARE = 0.028
SPLIT = ("store_loyalists", "catalogue_classics")
"""Half of the first begin to live the second, which nobody lived before."""

MERGER = ("style_explorers", "deal_seekers")
"""All of the first begin to live like the second."""

PRICE_RISE = 1.6
BASKET = 0.5
TO_THE_APP = 0.8
"""Share of the web orders that a new app draws."""

YEARLY_PRICE_RISE = 0.02
STEADY_BEFORE, STEADY_CHURN = 0.9, 0.0025
"""As many join as leave."""

Stays = tuple[Array, Array, Array, Array]


@dataclass(frozen=True)
class Changes:
    """The options of `generate` about change; months are 0-based."""

    movers_share: float = MOVERS_SHARE
    split_month: int | None = None
    merge_month: int | None = None
    drift_month: int | None = None
    steady: bool = False

    def check(self, months: int) -> None:
        """Raise where an option is out of range."""
        if not 0 <= self.movers_share <= 0.3:
            raise ValueError(
                f"movers_share is {self.movers_share}: it must be between 0 "
                "and 0.3."
            )
        for name in ("split_month", "merge_month", "drift_month"):
            month = getattr(self, name)
            if month is not None and not 1 <= month < months:
                raise ValueError(
                    f"{name} is {month}: it must be between 1 and "
                    f"{months - 1}, the last month."
                )

    @property
    def are_planted(self) -> bool:
        """Whether a split, a merger or a drift was asked for."""
        months = (self.split_month, self.merge_month, self.drift_month)
        return any(month is not None for month in months)

    @property
    def plans(self) -> tuple[PersonaPlan, ...]:
        """How the personas are lived in this company."""
        plans = PERSONAS
        if self.steady:
            plans = tuple(
                replace(
                    plan,
                    before=STEADY_BEFORE,
                    churn=STEADY_CHURN,
                    trend=0.0,
                    first_month=0,
                )
                for plan in plans
            )
        if self.split_month is not None:
            whole, part = SPLIT
            share = sum(one.share for one in plans if one.name in SPLIT)
            plans = tuple(
                replace(
                    one,
                    share={whole: share, part: 0.0}.get(one.name, one.share),
                )
                for one in plans
            )
        return plans

    def applied(
        self, rng: np.random.Generator, calendar: Calendar, stays: Stays
    ) -> Stays:
        """Return the stays (customer, persona, begin, end) with the changes."""
        names = list(NAMES)
        if self.split_month is not None:
            whole, part = map(names.index, SPLIT)
            day = int(calendar.month_starts[self.split_month])
            customers = np.unique(stays[0])
            chosen = rng.permutation(customers)[: len(customers) // 2]
            stays = _lived_anew(stays, day, whole, part, chosen)
        if self.merge_month is not None:
            old, new = map(names.index, MERGER)
            day = int(calendar.month_starts[self.merge_month])
            stays = _lived_anew(stays, day, old, new, np.unique(stays[0]))
        return stays

    def is_drifted(self, calendar: Calendar, second: Array) -> Array:
        """Return which moments are after the drift of the input."""
        if self.drift_month is None:
            return np.zeros(len(second), dtype=bool)
        return np.asarray(
            second >= calendar.month_starts[self.drift_month] * DAY
        )

    def channel(
        self, rng: np.random.Generator, is_drifted: Array, channel: Array
    ) -> Array:
        """Return the channels of orders: a new app takes from the web."""
        web, app = CHANNELS.index("web"), CHANNELS.index("app")
        goes = is_drifted & (channel == web)
        goes[goes] = rng.random(int(goes.sum())) < TO_THE_APP
        return np.where(goes, app, channel).astype(channel.dtype)

    def price_factor(self, second: Array, is_drifted: Array) -> Array:
        """Return by how much prices have risen since the first day."""
        year = second / (365.25 * DAY)
        rise = 0.0 if self.steady else YEARLY_PRICE_RISE
        return (1 + rise * year) * np.where(is_drifted, PRICE_RISE, 1.0)

    def truth(self, calendar: Calendar) -> pd.DataFrame:
        """Return the changes that were asked for, one row each."""
        asked = [
            ("split", self.split_month, *SPLIT),
            ("merge", self.merge_month, *MERGER),
            ("drift", self.drift_month, None, None),
        ]
        rows = [row for row in asked if row[1] is not None]
        columns = ["change", "month", "persona", "other_persona"]
        frame = pd.DataFrame(rows, columns=columns).astype(
            {"persona": "str", "other_persona": "str"}
        )
        months = frame.pop("month").to_numpy(dtype=np.int64)
        frame.insert(
            1, "valid_from", calendar.times(calendar.month_starts[months] * DAY)
        )
        return frame


def _lived_anew(
    stays: Stays, day: int, old: int, new: int, customers: Array
) -> Stays:
    """Let some customers of one persona live another from a day on."""
    customer, persona, begin, end = stays
    goes = (persona == old) & np.isin(customer, customers) & (end > day)
    is_cut = goes & (begin < day)
    count = int(is_cut.sum())
    parts = (
        np.concatenate([customer, customer[is_cut]]),
        np.concatenate(
            [np.where(goes & ~is_cut, new, persona), np.full(count, new)]
        ),
        np.concatenate([begin, np.full(count, day)]),
        np.concatenate([np.where(is_cut, day, end), end[is_cut]]),
    )
    order = np.lexsort((parts[2], parts[0]))
    customer, persona, begin, end = (part[order] for part in parts)
    # Who moves between the two is in one stay all along.
    goes_on = (np.diff(customer) == 0) & (np.diff(persona) == 0)
    is_first, is_last = np.r_[True, ~goes_on], np.r_[~goes_on, True]
    return customer[is_first], persona[is_first], begin[is_first], end[is_last]
