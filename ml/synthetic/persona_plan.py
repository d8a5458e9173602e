"""The form in which a persona is planned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PersonaPlan:
    """How the people of one persona are and act.

    Rates are per person: `orders` per 36 active months, `sessions` (those
    without an order) per month, `social` and `loose_tickets` per year;
    `tickets` and `reviews` are probabilities per order, `returns` per line.
    Weights need not add up to one. `churn` is the monthly hazard of leaving,
    `before` the share that were customers before the first month.
    """

    name: str
    description: str
    share: float
    orders: float
    lines: float
    quantity: float
    tiers: tuple[float, ...]
    taste: tuple[float, ...]
    discount: float
    coupon: float
    returns: float
    channels: tuple[float, ...]
    evening: float
    weekend: float
    sessions: float
    mobile: float
    pageviews: float
    social: float
    sentiment: float
    tickets: float
    loose_tickets: float
    reviews: float
    topics: tuple[str, ...]
    platforms: tuple[float, ...]
    traffic: tuple[float, ...]
    open_rate: float
    nps: float
    rating: float
    churn: float
    before: float
    trend: float
    age: tuple[float, float]
    female: float
    marital: tuple[float, ...]
    education: tuple[float, ...]
    occupation: tuple[float, ...]
    income: float
    children: float
    owner: float
    urban: float
    languages: tuple[float, ...]
    acquisition: tuple[float, ...]
    consent: float
    first_month: int = 0
    moves_to: tuple[str, ...] = ()
