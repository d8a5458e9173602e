"""Campaigns with held-out groups and a planted lift, spend, benchmarks.

The lift is in the probability of at least one order within `CONVERSION_DAYS`
after the touch. It is planted by giving treated people who would not have
ordered an order (or, where the campaign harms, taking the orders away from
treated people who would have), so that treated minus held out equals it in
expectation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.synthetic.draws import (
    DAY,
    MONTH_FACTOR,
    Calendar,
    money,
    times_or_null,
    words,
)
from ml.synthetic.people import People
from ml.synthetic.plans import COUNT, NAMES, Array, values
from ml.synthetic.shopping import Orders, join_orders, place_orders

CONVERSION_DAYS = 14
CAMPAIGN_DAYS = 21
HIGHEST_REMAINING = 0.9
SPEND_CUSTOMERS = 5_000  # the size of company that the plans' spend is for
EQUAL_RETURN = 0.5  # margin per unit of money, where responses are equal
ORDER_MARGIN = {
    # What an order leaves, as measured over 40,000 customers.
    "deal_seekers": 12.0,
    "busy_families": 49.1,
    "home_curators": 80.0,
    "store_loyalists": 44.7,
    "style_explorers": 23.1,
    "live_shoppers": 17.9,
    "catalogue_classics": 42.3,
}


@dataclass(frozen=True)
class CampaignPlan:
    """One campaign; `lifts` in the order of `plans.PERSONAS`.

    `months_back` counts from the last month (0); `reach` is the share of the
    active customers touched, 0 for one that is only money spent.
    """

    campaign_id: str
    name: str
    channel: str
    objective: str
    message: str
    months_back: int
    reach: float
    held_out: float
    daily_spend: float
    lifts: tuple[float, ...] = (0.0,) * COUNT


CAMPAIGNS: tuple[CampaignPlan, ...] = (
    CampaignPlan(
        *("C01", "Welcome back autumn", "email", "retention"),
        "New season, ten percent for you",
        *(20, 0.30, 0.30, 12.0),
        (0.10, 0.03, 0.02, 0.01, 0.05, 0.0, 0.0),
    ),
    CampaignPlan(
        *("C02", "Black week", "email", "activation"),
        "Black week: up to forty percent off",
        *(19, 0.35, 0.25, 20.0),
        (0.15, 0.04, 0.0, 0.01, 0.07, 0.08, 0.0),
    ),
    CampaignPlan(
        *("C03", "Spring search push", "paid_search", "acquisition"),
        "Everything for spring",
        *(15, 0.0, 0.0, 140.0),
    ),
    CampaignPlan(
        *("C04", "Rooms to live in", "email", "upsell"),
        "Our designers' rooms of the season",
        *(13, 0.30, 0.30, 15.0),
        (0.0, 0.0, 0.14, 0.01, 0.02, 0.0, 0.01),
    ),
    CampaignPlan(
        *("C05", "Live drop", "paid_social", "activation"),
        "Tonight at ten, live only",
        *(11, 0.30, 0.30, 160.0),
        (0.03, 0.0, 0.0, 0.0, 0.10, 0.18, 0.0),
    ),
    CampaignPlan(
        *("C06", "School starts", "push", "activation"),
        "The school list in one basket",
        *(10, 0.25, 0.30, 6.0),
        (0.02, 0.13, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    CampaignPlan(
        *("C07", "Autumn catalogue", "direct_mail", "retention"),
        "The new catalogue is here",
        *(9, 0.30, 0.25, 110.0),
        (0.01, 0.0, 0.04, 0.08, 0.0, 0.0, 0.15),
    ),
    CampaignPlan(
        *("C08", "Daily deal reminders", "sms", "activation"),
        "Only today: another deal for you",
        *(6, 0.35, 0.35, 45.0),
        (0.12, -0.14, 0.0, 0.0, 0.04, 0.05, 0.0),
    ),
    CampaignPlan(
        *("C09", "Store evenings", "direct_mail", "retention"),
        "An evening for our regulars",
        *(4, 0.25, 0.30, 60.0),
        (0.0, 0.01, 0.03, 0.12, 0.0, 0.0, 0.05),
    ),
    CampaignPlan(
        *("C10", "Style stories", "paid_social", "upsell"),
        "Ten looks, one dress",
        *(3, 0.30, 0.30, 130.0),
        (0.0, 0.0, 0.0, 0.0, 0.13, 0.06, 0.0),
    ),
    CampaignPlan(
        *("C11", "We miss you", "email", "win_back"),
        "Come back, shipping is on us",
        *(1, 0.30, 0.30, 14.0),
        (0.09, 0.04, 0.02, 0.02, 0.05, 0.06, 0.01),
    ),
)
CAMPAIGN_IDS = [plan.campaign_id for plan in CAMPAIGNS]
OPENING = {
    "email": 1.0,
    "sms": 1.9,
    "push": 1.2,
    "direct_mail": 1.4,
    "paid_social": 0.8,
}
ALWAYS_ON = {
    # channel: money a day at 5,000 customers, growth over the whole time
    "paid_search": (210.0, 0.3),
    "paid_social": (130.0, 1.1),
    "affiliate": (70.0, 0.1),
    "email": (16.0, 0.0),
    "direct_mail": (55.0, -0.6),
    "local_events": (35.0, -0.2),
}


def campaign_days(calendar: Calendar, plan: CampaignPlan) -> tuple[int, int]:
    """Return the first and the last day of a campaign."""
    month = calendar.months - 1 - plan.months_back
    first = int(calendar.month_starts[month]) + 3
    return first, first + CAMPAIGN_DAYS - 1


def campaigns_frame(calendar: Calendar) -> pd.DataFrame:
    """Return the campaigns, one row each."""
    spans = [campaign_days(calendar, plan) for plan in CAMPAIGNS]
    frame = pd.DataFrame(
        {
            "campaign_id": CAMPAIGN_IDS,
            "campaign_name": [plan.name for plan in CAMPAIGNS],
            "channel": [plan.channel for plan in CAMPAIGNS],
            "objective": [plan.objective for plan in CAMPAIGNS],
            "message": [plan.message for plan in CAMPAIGNS],
        }
    ).astype("category")
    for column, place in (("starts_on", 0), ("ends_on", 1)):
        days = np.array([span[place] for span in spans])
        frame[column] = calendar.times(days * DAY)
    return frame


def apply_campaigns(
    rng: np.random.Generator,
    calendar: Calendar,
    people: People,
    orders: Orders,
    *,
    has_consent: Array,
    equal_responses: bool = False,
) -> tuple[Orders, pd.DataFrame, pd.DataFrame]:
    """Touch people, and add and take away orders as the lifts demand.

    Parameters
    ----------
    rng, calendar, people : see the modules
        Randomness, days and customers.
    orders : Orders
        What people would have ordered without campaigns.
    has_consent : ndarray of bool, shape (customers,)
        Who may be sent e-mail.
    equal_responses : bool
        Whether, instead of the planned lifts, each campaign brings
        ``EQUAL_RETURN`` per unit of money from every persona.

    Returns
    -------
    Orders
        In order of time.
    DataFrame
        Campaign touches.
    DataFrame
        Planted lift: campaign_id, persona, lift, baseline (share ordering
        without the campaign), count_treated, count_held_out.
    """
    width = (calendar.days + CONVERSION_DAYS + 1) * DAY
    key = orders.customer * width + orders.second
    by_key = np.argsort(key, kind="stable")
    key = key[by_key]
    removed = np.zeros(orders.count, dtype=bool)
    campaign = orders.campaign.copy()
    added: list[Orders] = []
    touches: list[pd.DataFrame] = []
    lifts: list[pd.DataFrame] = []
    for number, plan in enumerate(CAMPAIGNS):
        if plan.reach == 0:
            continue
        start, _ = campaign_days(calendar, plan)
        stay = np.flatnonzero(
            (people.stay_begin < start)
            & (people.stay_end > start + CONVERSION_DAYS)
        )
        if plan.channel == "email":
            stay = stay[has_consent[people.stay_customer[stay]]]
        stay = stay[rng.random(len(stay)) < plan.reach]
        customer = people.stay_customer[stay]
        persona = people.stay_persona[stay]
        is_held_out = rng.random(len(stay)) < plan.held_out
        second = start * DAY + rng.integers(8 * 3600, 11 * 3600, len(stay))
        low = np.searchsorted(key, customer * width + second)
        until = second + CONVERSION_DAYS * DAY
        high = np.searchsorted(key, customer * width + until)
        would_order = high > low

        size = np.maximum(np.bincount(persona, minlength=COUNT), 1)
        baseline = np.bincount(persona, would_order, COUNT) / size
        lift = np.clip(
            _equal_lifts(plan, people.count, int((~is_held_out).sum()))
            if equal_responses
            else np.array(plan.lifts),
            -HIGHEST_REMAINING * baseline,
            HIGHEST_REMAINING * (1 - baseline),
        )
        gain = np.maximum(lift, 0) / np.maximum(1 - baseline, 1e-9)
        loss = np.maximum(-lift, 0) / np.maximum(baseline, 1e-9)
        chance = rng.random(len(stay))
        is_won = ~is_held_out & ~would_order & (chance < gain[persona])
        is_lost = ~is_held_out & would_order & (chance < loss[persona])
        for row in np.flatnonzero(is_lost):
            removed[by_key[low[row] : high[row]]] = True

        open_chance = values("open_rate")[persona] * OPENING[plan.channel]
        opened = ~is_held_out & (rng.random(len(stay)) < open_chance)
        opened |= is_won
        clicked = opened & (rng.random(len(stay)) < 0.25) | is_won
        credited = clicked & would_order & ~is_lost
        credited &= rng.random(len(stay)) < 0.5
        campaign[by_key[low[credited]]] = number

        won = np.flatnonzero(is_won)
        day = start + 1 + rng.integers(0, CONVERSION_DAYS - 2, len(won))
        new = place_orders(rng, people, customer[won], persona[won], day)
        new.campaign[:] = number
        added.append(new)

        opened_second = second + rng.integers(60, 8 * 3600, len(stay))
        clicked_second = opened_second + rng.integers(5, 1800, len(stay))
        touches.append(
            pd.DataFrame(
                {
                    "campaign_id": words(
                        np.full(len(stay), number), CAMPAIGN_IDS
                    ),
                    "customer_id": customer + 1,
                    "touched_at": calendar.times(second),
                    "is_held_out": is_held_out,
                    "opened_at": times_or_null(calendar, opened_second, opened),
                    "clicked_at": times_or_null(
                        calendar, clicked_second, clicked
                    ),
                }
            )
        )
        held = np.bincount(persona, is_held_out, COUNT).astype(np.int64)
        treated = np.bincount(persona, minlength=COUNT) - held
        lifts.append(
            pd.DataFrame(
                {
                    "campaign_id": plan.campaign_id,
                    "persona": list(NAMES),
                    "lift": lift,
                    "baseline": baseline,
                    "count_treated": treated,
                    "count_held_out": held,
                }
            ).query("count_treated > 0")
        )
    kept = Orders(
        orders.customer[~removed],
        orders.persona[~removed],
        orders.second[~removed],
        orders.channel[~removed],
        campaign[~removed],
    )
    for new in added:
        kept = join_orders(kept, new)
    touch_frame = pd.concat(touches, ignore_index=True)
    touch_frame.insert(0, "touch_id", np.arange(1, len(touch_frame) + 1))
    return (
        kept.sorted(),
        touch_frame,
        pd.concat(lifts, ignore_index=True),
    )


def _equal_lifts(
    plan: CampaignPlan, n_customers: int, count_treated: int
) -> Array:
    """Return lifts whose margin is the same part of the cost of a touch."""
    size = n_customers / SPEND_CUSTOMERS
    spend = plan.daily_spend * size * CAMPAIGN_DAYS
    margins = np.array([ORDER_MARGIN[name] for name in NAMES])
    return np.asarray(EQUAL_RETURN * spend / max(count_treated, 1) / margins)


def spend_frame(
    rng: np.random.Generator, calendar: Calendar, n_customers: int
) -> pd.DataFrame:
    """Return money spent per day, channel and campaign, in USD."""
    size = n_customers / SPEND_CUSTOMERS
    day = np.arange(calendar.days)
    month = np.searchsorted(calendar.month_starts, day, side="right") - 1
    of_year = (calendar.start.astype("datetime64[M]").astype(int) + month) % 12
    season = np.array(MONTH_FACTOR)[of_year]
    channels = sorted(set(ALWAYS_ON) | {plan.channel for plan in CAMPAIGNS})
    parts: list[tuple[Array, int, int, Array]] = []
    for channel, (daily, growth) in ALWAYS_ON.items():
        pace = 1 + growth * day / calendar.days
        amount = daily * size * pace * season
        parts.append((day, channels.index(channel), 0, amount))
    for number, plan in enumerate(CAMPAIGNS):
        first, last = campaign_days(calendar, plan)
        span = np.arange(first, last + 1)
        amount = np.full(len(span), plan.daily_spend * size)
        parts.append((span, channels.index(plan.channel), number + 1, amount))
    days = np.concatenate([part[0] for part in parts])
    amounts = np.concatenate([part[3] for part in parts])
    amounts = amounts * rng.lognormal(-0.02, 0.2, len(amounts))
    lengths = [len(part[0]) for part in parts]
    return pd.DataFrame(
        {
            "spend_date": calendar.times(days * DAY),
            "channel": words(
                np.repeat([part[1] for part in parts], lengths), channels
            ),
            "campaign_id": words(
                np.repeat([part[2] for part in parts], lengths),
                ["none", *CAMPAIGN_IDS],
            ),
            "amount": money(np.maximum(amounts, 0.01)),
            "currency": words(np.zeros(len(days)), ("USD",)),
        }
    )


def benchmarks_frame(calendar: Calendar) -> pd.DataFrame:
    """Return invented industry and competitor figures, per year."""
    figures = {
        # metric: unit, industry, online competitor, change a year
        "repeat_share": ("share", 0.46, 0.51, 0.005),
        "average_order_value": ("USD", 92.0, 84.5, 1.8),
        "return_share": ("share", 0.115, 0.140, 0.003),
        "discount_share": ("share", 0.105, 0.135, 0.004),
        "orders_per_customer_year": ("count", 3.4, 3.9, 0.05),
        "email_open_share": ("share", 0.33, 0.31, -0.006),
        "net_promoter_score": ("count", 31.0, 36.0, 0.5),
        "days_between_orders": ("days", 84.0, 75.0, -1.0),
        "gross_margin_share": ("share", 0.41, 0.37, -0.002),
        "monthly_churn_share": ("share", 0.021, 0.024, 0.0),
    }
    last_day = calendar.start + calendar.days - 1
    last_year = int(last_day.astype("datetime64[Y]").astype(int)) + 1970
    years = range(last_year - 2, last_year + 1)
    rows = [
        (metric, segment, str(year), publisher, level + change * place, unit)
        for metric, (unit, industry, rival, change) in figures.items()
        for segment, publisher, level in (
            ("all", "Retail Panel Institute (invented), yearbook", industry),
            ("competitor_online", "Shop Watch (invented), survey", rival),
        )
        for place, year in enumerate(years)
    ]
    columns = [
        *("metric", "segment", "period", "publisher"),
        *("benchmark_value", "unit"),
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame["benchmark_value"] = frame["benchmark_value"].round(4)
    texts = ["metric", "segment", "period", "publisher", "unit"]
    return frame.astype(dict.fromkeys(texts, "category"))
