"""A sample company with planted personas, to test and to show the warehouse.

`generate` draws a multi-channel retailer with seven personas that differ in
behaviour, demographics, answers, complaints, social activity and response to
campaigns, overlap as people do, and are found in the data although the data
do not name them. What was planted is returned beside the data as the truth:
who lives which persona since when, the lift of each campaign, and each fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ml.synthetic.changes import MOVERS_SHARE, Changes
from ml.synthetic.crm import customers_frame, identifiers_frame
from ml.synthetic.dirt import add_dirt
from ml.synthetic.draws import make_calendar
from ml.synthetic.marketing import (
    CAMPAIGN_IDS,
    apply_campaigns,
    benchmarks_frame,
    campaigns_frame,
    spend_frame,
)
from ml.synthetic.people import draw_people, truth_frames
from ml.synthetic.shopping import (
    RATED_ORDERS,
    draw_orders,
    order_tables,
    products_frame,
)
from ml.synthetic.surveys import questions_frame, responses_frame
from ml.synthetic.visits import sessions_frame
from ml.synthetic.voices import reviews_frame, social_frame, tickets_frame

__all__ = ["ENTITIES", "SampleCompany", "generate", "planted_personas_today"]

ENTITIES: tuple[str, ...] = (
    "customers",
    "customer_identifiers",
    "products",
    "orders",
    "order_lines",
    "web_sessions",
    "social_interactions",
    "survey_questions",
    "survey_responses",
    "support_tickets",
    "reviews",
    "campaigns",
    "campaign_touches",
    "marketing_spend",
    "market_benchmarks",
)
FEWEST_CUSTOMERS = 300
FEWEST_MONTHS = 24


@dataclass(frozen=True)
class SampleCompany:
    """A drawn company.

    Attributes
    ----------
    entities : dict of DataFrame
        The 15 entities of the input layer, as a company would deliver them:
        canonical columns (customers as a CRM gives them), faults included.
        Money is in USD, rounded to cents; times are UTC without a zone.
    truth : dict of DataFrame
        personas (persona, share, description); persona_parameters (persona,
        parameter, value); customer_personas (customer_id, valid_from,
        persona), one row per stay, the last is today's; customer_departures
        (customer_id, left_at); campaign_lift (campaign_id, persona, lift,
        baseline, count_treated, count_held_out), lift and baseline being
        probabilities of an order within 14 days after the touch; dirt
        (entity, kind, count_rows). Where a split, a merger or a drift was
        asked for, changes (change, valid_from, persona, other_persona):
        ``persona`` is split, and half of it becomes ``other_persona``, or is
        merged into it.
    """

    entities: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]


def generate(
    n_customers: int,
    *,
    seed: int,
    months: int = 36,
    orders_per_customer: float = 9.0,
    end_month: str = "2026-06",
    movers_share: float | None = None,
    split_month: int | None = None,
    merge_month: int | None = None,
    drift_month: int | None = None,
    steady: bool = False,
    equal_responses: bool = False,
) -> SampleCompany:
    """Draw a sample company; the same arguments give the same company.

    Parameters
    ----------
    n_customers : int
        Number of customers (faulty customer rows come on top), at least 300.
    seed : int
        Seed of all randomness, 0 or more.
    months : int
        Length of the history in months, at least 24.
    orders_per_customer : float
        Mean number of orders per customer over the whole history. Sessions,
        tickets, reviews and social activity grow with it.
    end_month : str
        Last month, such as ``"2026-06"``; the last order falls on its last
        day.
    movers_share : float, optional
        Share of the customers who change overnight to another persona, 0 to
        0.3, at least 4 months after they joined and 10 before they leave;
        0.028, or 0 in a steady company.
    split_month : int, optional
        Month, counted from 0, from which on half of the store loyalists live
        as catalogue classics; nobody did before.
    merge_month : int, optional
        Month from which on all style explorers live as deal seekers.
    drift_month : int, optional
        Month from which on the input as a whole is another: prices are 60 %
        higher, baskets half as large, and four of five web orders come by a
        new app.
    steady : bool
        A company in which nothing changes but what is asked for: every
        persona is there from the start, as many customers join as leave,
        nobody moves, and prices do not rise. Rates of a window of 24 months
        are steady from the third year's end on: who was a customer before
        the first month is known from their first order on.
    equal_responses : bool
        A company whose campaigns bring the same margin per unit of money from
        every persona and by every channel: there is nothing to move.

    Returns
    -------
    SampleCompany

    Raises
    ------
    ValueError
        When an argument is out of its range; the message names it.

    Examples
    --------
    >>> company = generate(500, seed=1)
    >>> len(company.entities)
    15
    """
    _check(n_customers, seed, months, orders_per_customer, end_month)
    if movers_share is None:
        movers_share = 0.0 if steady else MOVERS_SHARE
    changes = Changes(
        movers_share, split_month, merge_month, drift_month, steady
    )
    changes.check(months)
    streams = np.random.SeedSequence(seed).spawn(13)
    rngs = [np.random.default_rng(stream) for stream in streams]
    calendar = make_calendar(end_month, months)
    volume = orders_per_customer / RATED_ORDERS

    people = draw_people(
        rngs[0], calendar, n_customers, changes=changes, changes_rng=rngs[11]
    )
    orders, registered = draw_orders(
        rngs[1], calendar, people, orders_per_customer=orders_per_customer
    )
    people = replace(people, registered=registered)
    customers = customers_frame(rngs[2], calendar, people)
    consent = customers["has_email_consent"].fillna(False).to_numpy(dtype=bool)
    orders, touches, lift = apply_campaigns(
        rngs[3],
        calendar,
        people,
        orders,
        has_consent=consent,
        equal_responses=equal_responses,
    )
    orders = replace(
        orders,
        channel=changes.channel(
            rngs[12],
            changes.is_drifted(calendar, orders.second),
            orders.channel,
        ),
    )
    last_day = (calendar.days - 1) * 86_400
    if orders.second[-1] < last_day:
        orders.second[-1] = last_day + 12 * 3600

    products = products_frame(rngs[4])
    order_frame, lines = order_tables(
        rngs[5],
        calendar,
        people,
        orders,
        products,
        country=pd.Categorical(customers["country"]),
        campaign_ids=CAMPAIGN_IDS,
        changes=changes,
    )
    questions = questions_frame()
    entities = {
        "customers": customers,
        "customer_identifiers": identifiers_frame(rngs[6], calendar, people),
        "products": products.drop(columns="tier"),
        "orders": order_frame,
        "order_lines": lines,
        "web_sessions": sessions_frame(
            rngs[7], calendar, people, orders, volume=volume
        ),
        "social_interactions": social_frame(
            rngs[8], calendar, people, volume=volume
        ),
        "survey_questions": questions,
        "survey_responses": responses_frame(
            rngs[8], calendar, people, questions
        ),
        "support_tickets": tickets_frame(
            rngs[8], calendar, people, orders, volume=volume
        ),
        "reviews": reviews_frame(
            rngs[8], calendar, people, orders, lines, products
        ),
        "campaigns": campaigns_frame(calendar),
        "campaign_touches": touches,
        "marketing_spend": spend_frame(rngs[9], calendar, n_customers),
        "market_benchmarks": benchmarks_frame(calendar),
    }
    truth = truth_frames(calendar, people, changes)
    if changes.are_planted:
        truth["changes"] = changes.truth(calendar)
    truth["campaign_lift"] = lift
    del order_frame, lines, customers, touches, orders
    truth["dirt"] = add_dirt(rngs[10], entities)
    return SampleCompany(entities, truth)


def planted_personas_today(company: SampleCompany) -> pd.DataFrame:
    """Return the persona each customer lives on the last day.

    Parameters
    ----------
    company : SampleCompany
        As `generate` returns it.

    Returns
    -------
    DataFrame
        customer_id (int), persona (category); one row per customer, in order
        of customer_id.
    """
    stays = company.truth["customer_personas"]
    today = stays.drop_duplicates("customer_id", keep="last")
    return today[["customer_id", "persona"]].reset_index(drop=True)


def _check(
    n_customers: int,
    seed: int,
    months: int,
    orders_per_customer: float,
    end_month: str,
) -> None:
    """Raise where an argument is out of range."""
    if n_customers < FEWEST_CUSTOMERS:
        raise ValueError(
            f"n_customers is {n_customers}: at least {FEWEST_CUSTOMERS} are "
            "needed for every persona to show."
        )
    if seed < 0:
        raise ValueError(f"seed is {seed}: it must be 0 or more.")
    if months < FEWEST_MONTHS:
        raise ValueError(
            f"months is {months}: at least {FEWEST_MONTHS} are needed, because "
            "one persona appears in month 20."
        )
    if not 0.5 <= orders_per_customer <= 200:
        raise ValueError(
            f"orders_per_customer is {orders_per_customer}: it must be "
            "between 0.5 and 200."
        )
    if not re.fullmatch(r"[12][0-9]{3}-(0[1-9]|1[0-2])", end_month):
        raise ValueError(f"end_month is {end_month!r}: write it as 2026-06.")
