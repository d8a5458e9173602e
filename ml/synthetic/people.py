"""The people: which persona they live, since when, and what the CRM knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.synthetic.changes import Changes
from ml.synthetic.draws import DAY, Calendar, pick, words
from ml.synthetic.persona_plan import PersonaPlan
from ml.synthetic.plans import (
    COUNT,
    NAMES,
    PERSONAS,
    Array,
    as_odds,
    odds,
)

NEWCOMER_DAYS = 50
NEWCOMER_MONTHS = 8.0


@dataclass(frozen=True)
class People:
    """Who the customers are; arrays of shape (customers,) unless said.

    `persona` is the persona at joining. The arrays ``stay_*``, shape (stays,),
    hold one row per customer and persona lived, in order of customer and
    time: days ``[stay_begin, stay_end)`` of activity. The arrays ``spell_*``
    say how much happens when: one spell per stay, and one for the first weeks
    of each newcomer, in which many months of activity are crowded;
    `spell_exposure` counts in months.
    """

    persona: Array
    joined_day: Array
    begin: Array
    end: Array
    has_first_order: Array
    registered: Array
    stay_customer: Array
    stay_persona: Array
    stay_begin: Array
    stay_end: Array
    spell_customer: Array
    spell_persona: Array
    spell_begin: Array
    spell_end: Array
    spell_exposure: Array
    language: Array
    age: Array
    evening_leaning: Array

    @property
    def count(self) -> int:
        """Number of customers."""
        return len(self.persona)

    def persona_at(self, day: int) -> Array:
        """Return each customer's persona on a day, shape (customers,)."""
        current = self.persona.copy()
        moved = np.flatnonzero(np.diff(self.stay_customer) == 0) + 1
        moved = moved[self.stay_begin[moved] <= day]
        current[self.stay_customer[moved]] = self.stay_persona[moved]
        return current


def draw_people(
    rng: np.random.Generator,
    calendar: Calendar,
    n_customers: int,
    *,
    changes: Changes,
    changes_rng: np.random.Generator,
) -> People:
    """Draw personas, dates of joining and leaving, and moves."""
    plans = changes.plans
    share = np.array([plan.share for plan in plans])
    counts = np.floor(share / share.sum() * n_customers).astype(np.int64)
    counts[0] += n_customers - counts.sum()
    persona = np.repeat(np.arange(COUNT), counts)
    rng.shuffle(persona)

    joined = np.empty(n_customers, dtype=np.int64)
    for number, plan in enumerate(plans):
        rows = np.flatnonzero(persona == number)
        joined[rows] = _joining_days(
            rng,
            calendar,
            size=len(rows),
            before=plan.before,
            trend=plan.trend,
            first_month=plan.first_month,
        )
    order = np.argsort(joined, kind="stable")
    persona, joined = persona[order], joined[order]

    begin = np.maximum(joined, 0)
    churn = np.array([plan.churn for plan in plans])
    stay_months = rng.geometric(churn[persona]) + 2
    left = begin + (stay_months * 30.4 * rng.uniform(0.8, 1.2, n_customers))
    end = np.minimum(left, calendar.days).astype(np.int64)

    is_new = joined >= 0
    has_first_order = is_new & (rng.random(n_customers) < 0.96)
    registered = joined * DAY + rng.integers(8 * 3600, 18 * 3600, n_customers)

    stays = _moves(
        rng,
        calendar,
        persona,
        begin,
        end,
        plans=plans,
        share=changes.movers_share,
    )
    stays = changes.applied(changes_rng, calendar, stays)
    persona = stays[1][np.r_[True, np.diff(stays[0]) > 0]]
    language = pick(rng, odds("languages"), persona)
    age_mean = np.array([plan.age[0] for plan in PERSONAS])
    age_spread = np.array([plan.age[1] for plan in PERSONAS])
    age = rng.normal(age_mean[persona], age_spread[persona])
    return People(
        persona,
        joined,
        begin,
        end,
        has_first_order,
        registered,
        *stays,
        *_spells(calendar, is_new, *stays),
        language,
        np.clip(age, 18.2, 94),
        rng.normal(0, 0.3, n_customers),
    )


def _spells(
    calendar: Calendar,
    is_new: Array,
    customer: Array,
    persona: Array,
    begin: Array,
    end: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the stays and the newcomers' first weeks, with exposure."""
    is_first = np.r_[True, np.diff(customer) > 0] & is_new[customer]
    rows = np.flatnonzero(is_first)
    until = np.minimum(begin[rows] + NEWCOMER_DAYS, end[rows])
    whole = calendar.exposure(persona, begin, end)
    crowded = NEWCOMER_MONTHS * np.minimum((until - begin[rows]) / 6, 1)
    return (
        np.concatenate([customer, customer[rows]]),
        np.concatenate([persona, persona[rows]]),
        np.concatenate([begin, begin[rows]]),
        np.concatenate([end, until]),
        np.concatenate([whole, crowded]),
    )


def _joining_days(
    rng: np.random.Generator,
    calendar: Calendar,
    *,
    size: int,
    before: float,
    trend: float,
    first_month: int,
) -> Array:
    """Draw the day of joining; below 0 is before the first month."""
    months = np.arange(first_month, calendar.months)
    pace = 1 + trend * (months / (calendar.months - 1) - 0.5) * 2
    days = np.diff(calendar.month_starts)[months]
    month = months[
        pick(rng, as_odds([pace * days]), np.zeros(size, dtype=np.int8))
    ]
    within = rng.random(size) * np.diff(calendar.month_starts)[month]
    joined = calendar.month_starts[month] + within.astype(np.int64)
    is_old = rng.random(size) < before
    joined[is_old] = -rng.integers(1, 3 * 365, is_old.sum())
    return np.asarray(joined)


def _moves(
    rng: np.random.Generator,
    calendar: Calendar,
    persona: Array,
    begin: Array,
    end: Array,
    *,
    plans: tuple[PersonaPlan, ...],
    share: float,
) -> tuple[Array, Array, Array, Array]:
    """Let a share of the customers change to another persona once."""
    first = np.searchsorted(calendar.month_starts, begin) + 4
    last = calendar.month_of(np.minimum(end, calendar.days - 1)) - 10
    month = rng.integers(first, np.maximum(last, first) + 1)
    names = list(NAMES)
    options = [[names.index(to) for to in p.moves_to] for p in plans]
    target = np.zeros(len(persona), dtype=np.int64)
    for number, choices in enumerate(options):
        rows = np.flatnonzero(persona == number)
        target[rows] = rng.choice(choices, len(rows))
    opens = np.array([plan.first_month for plan in plans])[target]
    able = np.flatnonzero((last >= first) & (month >= opens))
    size = min(round(share * len(persona)), len(able))
    movers = np.sort(rng.choice(able, size, replace=False))

    move_day = calendar.month_starts[month[movers]]
    first_end = end.copy()
    first_end[movers] = move_day
    customer = np.concatenate([np.arange(len(persona)), movers])
    stays = (
        customer,
        np.concatenate([persona, target[movers]]),
        np.concatenate([begin, move_day]),
        np.concatenate([first_end, end[movers]]),
    )
    order = np.lexsort((stays[2], customer))
    return stays[0][order], stays[1][order], stays[2][order], stays[3][order]


def truth_frames(
    calendar: Calendar, people: People, changes: Changes
) -> dict[str, pd.DataFrame]:
    """Return the tables of what was planted about people."""
    valid_day = people.stay_begin.copy()
    first = np.r_[True, np.diff(people.stay_customer) > 0]
    valid_day[first] = people.joined_day[people.stay_customer[first]]
    month = (calendar.start + valid_day).astype("datetime64[M]")
    rows: list[tuple[str, str, float]] = []
    for plan in changes.plans:
        for field, value in vars(plan).items():
            if isinstance(value, (int, float)):
                rows.append((plan.name, field, float(value)))
            elif isinstance(value, tuple) and isinstance(value[0], float | int):
                rows += [
                    (plan.name, f"{field}_{place}", float(item))
                    for place, item in enumerate(value)
                ]
    share = (
        np.bincount(people.persona_at(calendar.days), minlength=COUNT)
        / people.count
    )
    is_gone = people.end < calendar.days
    return {
        "personas": pd.DataFrame(
            {
                "persona": list(NAMES),
                "share": share,
                "description": [plan.description for plan in PERSONAS],
            }
        ),
        "persona_parameters": pd.DataFrame(
            rows, columns=["persona", "parameter", "value"]
        ),
        "customer_personas": pd.DataFrame(
            {
                "customer_id": people.stay_customer + 1,
                "valid_from": month.astype("datetime64[us]"),
                "persona": words(people.stay_persona, NAMES),
            }
        ),
        "customer_departures": pd.DataFrame(
            {
                "customer_id": np.flatnonzero(is_gone) + 1,
                "left_at": calendar.times(people.end[is_gone] * DAY),
            }
        ),
    }
