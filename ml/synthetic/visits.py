"""Visits to the web shop and the app, and other events at a steady rate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.synthetic.draws import (
    DAY,
    Calendar,
    lean,
    nullable,
    pick,
    second_of_day,
    words,
)
from ml.synthetic.people import People
from ml.synthetic.plans import Array, as_odds, odds, values
from ml.synthetic.shopping import Orders
from ml.synthetic.vocabulary import CHANNELS, TRAFFIC

ANONYMOUS_SHARE = 0.2
DEVICES = ("mobile", "desktop", "tablet")


def sessions_frame(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    orders: Orders,
    *,
    volume: float,
) -> pd.DataFrame:
    """Return web and app sessions, about one in five of them anonymous."""
    pace = rng.lognormal(-0.04, 0.28, people.count) * volume
    mean = values("sessions")[people.spell_persona] * people.spell_exposure
    counts = rng.poisson(mean * pace[people.spell_customer])
    spell = np.repeat(np.arange(len(counts)), counts)
    browse_persona = people.spell_persona[spell]
    browse_second = calendar.days_between(
        rng, browse_persona, people.spell_begin[spell], people.spell_end[spell]
    ).astype(np.int64) * DAY + second_of_day(
        rng, rng.random(len(spell)) < values("evening")[browse_persona]
    )
    browse_customer = people.spell_customer[spell]
    known = browse_second >= people.registered[browse_customer]

    seen = orders.channel <= CHANNELS.index("app")
    seen &= rng.random(orders.count) < 0.9
    visit = np.flatnonzero(seen)
    visit_second = orders.second[visit] - rng.integers(90, 1500, len(visit))

    named = int(known.sum()) + len(visit)
    size = round(named * ANONYMOUS_SHARE / (1 - ANONYMOUS_SHARE))
    volume_odds = values("share") * (values("sessions") + 0.1)
    anonymous = pick(rng, as_odds([volume_odds]), np.zeros(size, np.int8))
    anonymous_second = calendar.days_between(
        rng, anonymous, np.zeros(size, np.int64), np.full(size, calendar.days)
    ).astype(np.int64) * DAY + second_of_day(rng, rng.random(size) < 0.5)

    customer = np.concatenate(
        [browse_customer[known], orders.customer[visit], np.full(size, -1)]
    )
    persona = np.concatenate(
        [browse_persona[known], orders.persona[visit], anonymous]
    )
    second = np.maximum(
        np.concatenate([browse_second[known], visit_second, anonymous_second]),
        0,
    )
    order = np.full(len(customer), -1, dtype=np.int64)
    order[int(known.sum()) : named] = visit + 1
    by_time = np.argsort(second, kind="stable")
    customer, persona = customer[by_time], persona[by_time]
    second, order = second[by_time], order[by_time]

    mobile_leaning = rng.normal(0, 0.35, people.count)
    mobile = lean(values("mobile")[persona], mobile_leaning[customer])
    chance = rng.random(len(customer))
    device = np.where(chance < mobile, 0, 1)
    device[chance > 0.965] = 2
    depth = rng.lognormal(-0.015, 0.17, people.count)
    pages = values("pageviews")[persona] * depth[customer]
    pageviews = (1 + rng.poisson(np.maximum(pages - 1, 0.2))).astype(np.int32)
    is_visit = order > 0
    cart = rng.poisson(np.where(is_visit, 0.8, 0.15)) + is_visit
    return pd.DataFrame(
        {
            "session_id": np.arange(1, len(customer) + 1),
            "customer_id": nullable(
                customer.astype(np.int64) + 1, customer < 0
            ),
            "started_at": calendar.times(second),
            "duration_seconds": (
                pageviews * rng.integers(12, 55, len(customer))
            ).astype(np.int32),
            "pageviews": pageviews,
            "cart_additions": cart.astype(np.int32),
            "device": words(device, DEVICES),
            "traffic_source": words(
                pick(rng, odds("traffic"), persona), TRAFFIC
            ),
            "order_id": nullable(order),
        }
    )


def events_of(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    monthly: Array,
) -> tuple[Array, Array, Array]:
    """Draw events at a monthly rate per persona.

    Returns
    -------
    customer, persona, second : ndarray of int, shape (events,)
    """
    pace = rng.lognormal(-0.03, 0.25, people.count)[people.spell_customer]
    mean = monthly[people.spell_persona] * people.spell_exposure
    counts = rng.poisson(mean * pace)
    spell = np.repeat(np.arange(len(counts)), counts)
    persona = people.spell_persona[spell]
    day = calendar.days_between(
        rng, persona, people.spell_begin[spell], people.spell_end[spell]
    )
    evening = rng.random(len(spell)) < values("evening")[persona]
    second = day.astype(np.int64) * DAY + second_of_day(rng, evening)
    customer = people.spell_customer[spell]
    known = second >= people.registered[customer]
    return customer[known], persona[known], second[known]
