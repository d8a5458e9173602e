"""What people say: tickets, reviews, social media and surveys."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from ml.synthetic import phrases
from ml.synthetic.draws import (
    DAY,
    Calendar,
    nullable,
    pick,
    times_or_null,
    words,
)
from ml.synthetic.people import People
from ml.synthetic.plans import (
    COUNT,
    NAMES,
    PERSONAS,
    Array,
    as_odds,
    odds,
    values,
)
from ml.synthetic.shopping import Orders
from ml.synthetic.visits import events_of
from ml.synthetic.vocabulary import CATEGORIES, LANGUAGES, PLATFORMS

TICKET_CHANNELS = ("email", "chat", "phone", "store", "social", "form")
PRIORITIES = ("low", "normal", "high", "urgent")
KINDS = ("like", "comment", "share", "follow", "mention", "message")
SPOKEN = (1, 4, 5)
"""Places of the kinds that carry words."""

FOREIGN = ("fa", "vi")


def _foreign_shift(
    rng: np.random.Generator, language: Array, share: float
) -> list[Array]:
    """Return, per foreign language, which rows are written in it."""
    writes = rng.random(len(language)) < share
    return [
        np.flatnonzero(writes & (language == LANGUAGES.index(word)))
        for word in FOREIGN
    ]


def tickets_frame(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    orders: Orders,
    *,
    volume: float,
) -> pd.DataFrame:
    """Return support tickets; four in five are about an order."""
    chance = values("tickets")[orders.persona]
    with_order = np.flatnonzero(
        (rng.random(orders.count) < chance) & (orders.customer >= 0)
    )
    loose = events_of(
        rng, calendar, people, values("loose_tickets") / 12 * volume
    )
    wait = rng.integers(DAY // 4, 6 * DAY, len(with_order))
    customer = np.concatenate([orders.customer[with_order], loose[0]])
    persona = np.concatenate([orders.persona[with_order], loose[1]])
    second = np.concatenate([orders.second[with_order] + wait, loose[2]])
    order = np.concatenate([with_order + 1, np.full(len(loose[0]), -1)])
    keep = second < calendar.days * DAY
    by_time = np.flatnonzero(keep)[np.argsort(second[keep], kind="stable")]
    customer, persona = customer[by_time], persona[by_time]
    second, order = second[by_time], order[by_time]
    size = len(customer)

    topics = list(phrases.TOPICS)
    topic_table = np.full((COUNT, len(topics)), 0.35 / len(topics))
    for place, plan in enumerate(PERSONAS):
        for rank, word in enumerate(plan.topics):
            topic_table[place, topics.index(word)] += (0.32, 0.2, 0.13)[rank]
    topic = pick(rng, as_odds(topic_table), persona)

    bank = [
        f"{opening} {complaint} {closing}"
        for name, texts in zip(
            np.repeat(list(NAMES), len(topics)),
            list(phrases.TOPICS.values()) * COUNT,
            strict=True,
        )
        for opening, complaint, closing in product(
            phrases.VOICE[str(name)][0], texts, phrases.CLOSINGS
        )
    ]
    per_cell = len(bank) // (COUNT * len(topics))
    text = (persona.astype(np.int64) * len(topics) + topic) * per_cell
    text += rng.integers(0, per_cell, size)
    text, bank = in_foreign(
        rng, people.language[customer], text, bank, phrases.FOREIGN_TICKETS
    )
    channel_table = np.tile([5.0, 3, 2, 0.3, 0.6, 2], (COUNT, 1))
    for place, plan in enumerate(PERSONAS):
        channel_table[place, 2] += 14 * plan.channels[3]
        channel_table[place, 3] += 8 * plan.channels[2]
        channel_table[place, 1] += 5 * plan.channels[1]
        channel_table[place, 4] += 0.4 * plan.social
    answer = second + (rng.lognormal(9.2, 0.9, size)).astype(np.int64) + 120
    solved = answer + (rng.lognormal(10.6, 1.1, size)).astype(np.int64)
    horizon = calendar.days * DAY
    is_solved = solved < horizon
    score = np.clip(
        np.round(
            rng.normal(values("rating")[persona], 0.8)
            - ((answer - second) / (2.5 * DAY))
        ),
        1,
        5,
    ).astype(np.int64)
    score[~is_solved | (rng.random(size) < 0.5)] = -1
    return pd.DataFrame(
        {
            "ticket_id": np.arange(1, size + 1),
            "customer_id": nullable(customer + 1),
            "order_id": nullable(order),
            "channel": words(
                pick(rng, as_odds(channel_table), persona), TICKET_CHANNELS
            ),
            "category": words(topic, topics),
            "priority": words(
                rng.choice(4, size, p=(0.2, 0.55, 0.2, 0.05)), PRIORITIES
            ),
            "ticket_text": words(text, bank),
            "opened_at": calendar.times(second),
            "first_response_at": times_or_null(
                calendar, answer, answer < horizon
            ),
            "resolved_at": times_or_null(calendar, solved, is_solved),
            "csat": nullable(score),
        }
    )


def in_foreign(
    rng: np.random.Generator,
    language: Array,
    text: Array,
    bank: list[str],
    foreign: dict[str, tuple[str, ...]],
) -> tuple[Array, list[str]]:
    """Replace some people's texts by ones in their own language."""
    text = text.copy()
    for word, rows in zip(
        FOREIGN, _foreign_shift(rng, language, 0.6), strict=True
    ):
        text[rows] = len(bank) + rng.integers(0, len(foreign[word]), len(rows))
        bank = bank + list(foreign[word])
    return text, bank


def reviews_frame(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    orders: Orders,
    lines: pd.DataFrame,
    products: pd.DataFrame,
) -> pd.DataFrame:
    """Return reviews of the first product of some orders."""
    row_order = lines["order_id"].to_numpy() - 1
    sales = int((lines["line_type"] == "sale").sum())
    first_line = np.searchsorted(row_order[:sales], np.arange(orders.count))
    chance = values("reviews")[orders.persona]
    chosen = np.flatnonzero(
        (rng.random(orders.count) < chance) & (orders.customer >= 0)
    )
    second = orders.second[chosen] + rng.integers(
        2 * DAY, 20 * DAY, len(chosen)
    )
    inside = second < calendar.days * DAY
    chosen, second = chosen[inside], second[inside]
    customer, persona = orders.customer[chosen], orders.persona[chosen]
    product_id = lines["product_id"].to_numpy()[first_line[chosen]]
    size = len(chosen)
    rating = np.clip(
        np.round(rng.normal(values("rating")[persona] + 0.2, 1.1)), 1, 5
    ).astype(np.int64)
    mood = np.searchsorted((3, 4), rating, side="right")
    category_of = products["category"].cat.codes.to_numpy()
    category_words = list(products["category"].cat.categories)
    if sorted(category_words) != sorted(CATEGORIES):
        raise ValueError("products.category has words that are not planned")
    category = category_of[product_id - 1].astype(np.int64)

    bank = [
        f"{verdict} {angle}. ({word})"
        for verdicts in phrases.VERDICTS
        for name in NAMES
        for word in category_words
        for verdict, angle in product(verdicts, phrases.VOICE[name][1])
    ]
    per_cell = len(bank) // (3 * COUNT * len(category_words))
    text = ((mood * COUNT + persona) * len(category_words) + category) * (
        per_cell
    ) + rng.integers(0, per_cell, size)
    for word, rows in zip(
        FOREIGN,
        _foreign_shift(rng, people.language[customer], 0.6),
        strict=True,
    ):
        text[rows] = len(bank) + mood[rows]
        bank += phrases.FOREIGN_REVIEWS[word]
    text[rng.random(size) < 0.3] = -1
    return pd.DataFrame(
        {
            "review_id": np.arange(1, size + 1),
            "customer_id": nullable(customer + 1),
            "product_id": product_id,
            "rating": rating.astype(np.int32),
            "review_text": words(text, bank),
            "reviewed_at": calendar.times(second),
        }
    )


def social_frame(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    *,
    volume: float,
) -> pd.DataFrame:
    """Return social media interactions; one in ten by unknown people."""
    customer, persona, second = events_of(
        rng, calendar, people, values("social") / 12 * volume
    )
    size = len(customer)
    unknown = rng.integers(0, max(size, 1), size // 9)
    customer = np.concatenate([customer, np.full(len(unknown), -1)])
    persona = np.concatenate([persona, persona[unknown]])
    second = np.concatenate(
        [second, rng.integers(0, calendar.days * DAY, len(unknown))]
    )
    size = len(customer)
    kind = rng.choice(6, size, p=(0.55, 0.2, 0.09, 0.05, 0.06, 0.05))
    has_words = np.isin(kind, SPOKEN)
    sentiment = np.round(
        np.clip(rng.normal(values("sentiment")[persona], 0.35), -1, 1), 2
    )
    sentiment[~has_words | (rng.random(size) < 0.1)] = np.nan
    bank = [
        f"{comment}{ending}"
        for name in NAMES
        for comment in phrases.VOICE[name][2]
        for ending in ("", " 🙂", " #shop", " @friend")
    ]
    per_persona = len(bank) // COUNT
    text = persona.astype(np.int64) * per_persona
    text += rng.integers(0, per_persona, size)
    language = np.where(customer < 0, 0, people.language[customer])
    text, bank = in_foreign(rng, language, text, bank, phrases.FOREIGN_COMMENTS)
    text[~has_words] = -1
    return pd.DataFrame(
        {
            "interaction_id": np.arange(1, size + 1),
            "customer_id": nullable(customer + 1, customer < 0),
            "interacted_at": calendar.times(second),
            "platform": words(pick(rng, odds("platforms"), persona), PLATFORMS),
            "interaction_kind": words(kind, KINDS),
            "sentiment": sentiment,
            "interaction_text": words(text, bank),
        }
    )
