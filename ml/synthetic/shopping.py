"""The assortment, the orders with their lines, and the visits to the shop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.synthetic.changes import BASKET, Changes
from ml.synthetic.draws import (
    DAY,
    Calendar,
    lean,
    money,
    nullable,
    pick,
    second_of_day,
    words,
)
from ml.synthetic.people import People
from ml.synthetic.plans import COUNT, Array, as_odds, odds, values
from ml.synthetic.vocabulary import (
    BRANDS,
    CATEGORIES,
    CATEGORY_PRICE,
    CHANNELS,
    PRODUCTS_PER_SUBCATEGORY,
    SUBCATEGORIES,
    TIER_FACTOR,
    TIERS,
)

GUEST_SHARE = 0.02
RATED_ORDERS = 9.0
"""Orders per customer for which the plans' rates are written."""

PLAN_MONTHS = 36
STATUSES = ("completed", "cancelled", "pending")
STEADINESS = 0.8
"""Least share of the expected orders that a person makes: less spread than
Poisson, and evenly spread over time, as purchases to restock are."""

OVERLAP = (0.5, 22.0)
"""Beta parameters of how often a person acts like another persona."""


@dataclass(frozen=True)
class Orders:
    """Orders as arrays, shape (orders,); a guest has customer -1."""

    customer: Array
    persona: Array
    second: Array
    channel: Array
    campaign: Array

    @property
    def count(self) -> int:
        """Number of orders."""
        return len(self.customer)

    def sorted(self) -> Orders:
        """Return the orders in order of time."""
        by_time = np.argsort(self.second, kind="stable")
        return Orders(*(getattr(self, name)[by_time] for name in vars(self)))


def join_orders(first: Orders, second: Orders) -> Orders:
    """Return the orders of both."""
    return Orders(
        *(
            np.concatenate([getattr(first, name), getattr(second, name)])
            for name in vars(first)
        )
    )


def products_frame(rng: np.random.Generator) -> pd.DataFrame:
    """Return the assortment: 10 categories, 400 products, four price tiers."""
    rows = []
    tier_count = len(TIERS)
    for place, category in enumerate(CATEGORIES):
        for subcategory in SUBCATEGORIES[category]:
            for number in range(PRODUCTS_PER_SUBCATEGORY):
                tier = number % tier_count
                brand = BRANDS[tier][int(rng.integers(len(BRANDS[tier])))]
                price = CATEGORY_PRICE[place] * TIER_FACTOR[tier]
                price = max(1.0, price * float(rng.lognormal(0, 0.12)))
                rows.append(
                    (
                        f"{brand} {subcategory} {number + 1:02d}",
                        category,
                        subcategory,
                        brand,
                        tier,
                        round(price * float(rng.uniform(0.42, 0.68)), 2),
                        round(price) - 0.01 if price > 5 else round(price, 2),
                    )
                )
    columns = [
        *("product_name", "category", "subcategory", "brand", "tier"),
        *("unit_cost", "list_price"),
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(0, "product_id", np.arange(1, len(frame) + 1))
    frame["currency"] = "USD"
    for column in (
        *("product_name", "category", "subcategory", "brand"),
        "currency",
    ):
        frame[column] = frame[column].astype("category")
    return frame


def draw_orders(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    *,
    orders_per_customer: float,
) -> tuple[Orders, Array]:
    """Draw all orders but those that campaigns cause.

    Returns
    -------
    Orders
        Unsorted, the guests' orders last.
    ndarray of int, shape (customers,)
        Second of registration, moved to just before a first order.
    """
    pace = rng.lognormal(-0.015, 0.17, people.count)
    customer, begin = people.spell_customer, people.spell_begin
    expected = values("orders")[people.spell_persona] / PLAN_MONTHS
    expected *= people.spell_exposure * pace[customer]
    goal = people.count * orders_per_customer * (1 - GUEST_SHARE)
    goal_later = max(goal - people.has_first_order.sum(), 0.2 * goal)
    expected *= goal_later / expected.sum()
    expected[people.spell_end - begin < 2] = 0
    trial = _steady_counts(rng, expected)
    counts = _steady_counts(rng, expected * (goal_later / trial.sum()))
    spell = np.repeat(np.arange(len(customer)), counts)
    persona = _overlapped(
        rng, people, customer[spell], people.spell_persona[spell]
    )
    rank = np.arange(len(spell)) - np.repeat(np.cumsum(counts) - counts, counts)
    day = calendar.days_between(
        rng,
        persona,
        begin[spell] + 1,
        people.spell_end[spell],
        part=(rank, counts[spell]),
    )
    later = place_orders(rng, people, customer[spell], persona, day)

    first = np.flatnonzero(people.has_first_order)
    persona = _overlapped(rng, people, first, people.persona[first])
    opening = place_orders(
        rng, people, first, persona, people.joined_day[first]
    )
    registered = people.registered.copy()
    registered[first] = np.maximum(
        opening.second - rng.integers(60, 3600, len(first)),
        people.joined_day[first] * DAY,
    )

    size = max(1, round(goal * GUEST_SHARE / (1 - GUEST_SHARE)))
    guest = pick(rng, as_odds([values("share")]), np.zeros(size, np.int8))
    day = calendar.days_between(
        rng, guest, np.zeros(size, np.int64), np.full(size, calendar.days)
    )
    guests = place_orders(rng, people, np.full(size, -1), guest, day)
    return join_orders(join_orders(opening, later), guests), registered


def _steady_counts(rng: np.random.Generator, expected: Array) -> Array:
    """Draw counts from Poisson, but never far below what is expected."""
    least = np.floor(STEADINESS * expected).astype(np.int64)
    return np.asarray(np.maximum(rng.poisson(expected), least))


def place_orders(
    rng: np.random.Generator,
    people: People,
    customer: Array,
    persona: Array,
    day: Array,
) -> Orders:
    """Give orders their channel and time of day, as their persona would."""
    channel = pick(rng, odds("channels"), persona)
    leaning = people.evening_leaning[customer]
    evening = lean(values("evening")[persona], leaning)
    is_evening = rng.random(len(customer)) < evening
    second = second_of_day(rng, is_evening)
    late_store = is_evening & (channel == CHANNELS.index("store"))
    second[late_store] = rng.integers(18 * 3600, 20 * 3600, late_store.sum())
    return Orders(
        customer,
        persona.astype(np.int16),
        day.astype(np.int64) * DAY + second,
        channel.astype(np.int8),
        np.full(len(customer), -1, dtype=np.int8),
    )


def _overlapped(
    rng: np.random.Generator, people: People, customer: Array, persona: Array
) -> Array:
    """Let each person now and then act like another persona."""
    habit = rng.beta(*OVERLAP, size=people.count)
    strays = rng.random(len(customer)) < habit[customer]
    other = rng.integers(1, COUNT, int(strays.sum()))
    acted = persona.astype(np.int16)
    acted[strays] = (acted[strays] + other) % COUNT
    return acted


def order_tables(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    orders: Orders,
    products: pd.DataFrame,
    *,
    country: pd.Categorical,
    campaign_ids: list[str],
    changes: Changes,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return orders and order lines, without faults.

    Parameters
    ----------
    rng, calendar, people : see the modules
        Randomness, days and customers.
    orders : Orders
        In order of time; order n gets the id n + 1.
    products : DataFrame
        As `products_frame` returns it.
    country : Categorical, shape (customers,)
        Where the customers live.
    campaign_ids : list of str
        What the numbers in ``orders.campaign`` mean.
    changes : Changes
        Whether prices and baskets change, and when.
    """
    status = np.where(rng.random(orders.count) < 0.025, 1, 0)
    is_recent = orders.second >= (calendar.days - 3) * DAY
    status[is_recent & (rng.random(orders.count) < 0.3)] = 2
    status[-1] = 0

    size_factor = rng.lognormal(-0.01, 0.14, people.count)
    mean_lines = values("lines")[orders.persona]
    mean_lines *= size_factor[orders.customer]
    is_drifted = changes.is_drifted(calendar, orders.second)
    mean_lines[is_drifted] *= BASKET
    lines = 1 + rng.poisson(np.maximum(mean_lines - 1, 0.05))
    row = np.repeat(np.arange(orders.count, dtype=np.int32), lines)
    persona = orders.persona[row]
    product = pick(rng, _product_odds(products), persona)
    extra = values("quantity") - 1
    quantity = (1 + rng.poisson(extra[persona])).astype(np.int32)

    price = products["list_price"].to_numpy()[product]
    price = money(price * changes.price_factor(orders.second, is_drifted)[row])
    amount = price * quantity
    mean = values("discount")[persona] * rng.uniform(0.5, 1.5, len(row))
    steps = np.floor(mean * 20 + rng.random(len(row)))
    discount = money(amount * np.minimum(steps * 0.05, 0.6))

    chance = values("returns")[orders.persona]
    habit = rng.normal(0, 0.25, people.count)
    chance = lean(chance, habit[orders.customer])
    chance[(status != 0) | is_recent] = 0
    back = np.flatnonzero(rng.random(len(row)) < chance[row])
    paid = (amount[back] - discount[back]) / quantity[back]

    gross = np.bincount(row, weights=amount, minlength=orders.count)
    coupon_chance = values("coupon")[orders.persona]
    has_coupon = (gross > 40) & (rng.random(orders.count) < coupon_chance)
    is_sent = ~np.isin(orders.channel, (CHANNELS.index("store"),))
    shipping = np.where(is_sent & (gross < 50), 4.99, 0.0)

    home = np.where(orders.customer < 0, 0, country.codes[orders.customer])
    orders_frame = pd.DataFrame(
        {
            "order_id": nullable(np.arange(1, orders.count + 1)),
            "customer_id": nullable(orders.customer + 1, orders.customer < 0),
            "ordered_at": calendar.times(orders.second),
            "channel": words(orders.channel, CHANNELS),
            "status": words(status, STATUSES),
            "currency": words(np.zeros(orders.count), ("USD",)),
            "discount_amount": np.where(has_coupon, 5.0, 0.0),
            "shipping_amount": shipping,
            "country": words(home, list(country.categories)),
            "campaign_id": words(orders.campaign, campaign_ids),
        }
    )
    total = len(row) + len(back)
    is_return = np.zeros(total, dtype=np.int8)
    is_return[len(row) :] = 1
    lines_frame = pd.DataFrame(
        {
            "order_line_id": nullable(np.arange(1, total + 1)),
            "order_id": np.concatenate([row, row[back]]).astype(np.int64) + 1,
            "product_id": np.concatenate([product, product[back]]).astype(
                np.int32
            )
            + 1,
            "quantity": np.concatenate([quantity, -quantity[back]]),
            "unit_price": np.concatenate(
                [price, money(np.floor(paid * 100 + 1e-6) / 100)]
            ),
            "discount_amount": np.concatenate([discount, np.zeros(len(back))]),
            "line_type": words(is_return, ("sale", "return")),
            "currency": words(np.zeros(total), ("USD",)),
        }
    )
    return orders_frame, lines_frame


def _product_odds(products: pd.DataFrame) -> Array:
    """Return how likely each persona takes each product."""
    category = np.array([CATEGORIES.index(c) for c in products["category"]])
    tier = products["tier"].to_numpy()
    taste, tiers = odds("taste"), odds("tiers")
    by_category = np.bincount(category)
    weight = taste[:, category] / by_category[category]
    return as_odds(weight * tiers[:, tier])
