"""One module per canonical entity; each holds one ``SUITE``."""

from __future__ import annotations

from expectations.suites import (
    campaign_touches,
    campaigns,
    customer_identifiers,
    customers,
    market_benchmarks,
    marketing_spend,
    order_lines,
    orders,
    products,
    reviews,
    social_interactions,
    support_tickets,
    survey_questions,
    survey_responses,
    web_sessions,
)
from expectations.vocabulary import Suite

_SUITES = (
    customers.SUITE,
    customer_identifiers.SUITE,
    products.SUITE,
    orders.SUITE,
    order_lines.SUITE,
    web_sessions.SUITE,
    social_interactions.SUITE,
    survey_questions.SUITE,
    survey_responses.SUITE,
    support_tickets.SUITE,
    reviews.SUITE,
    campaigns.SUITE,
    campaign_touches.SUITE,
    marketing_spend.SUITE,
    market_benchmarks.SUITE,
)

ENTITIES = tuple(suite.name for suite in _SUITES)


def entity_suites() -> dict[str, Suite]:
    """Return the suite of each of the 15 entities, in the contract's order."""
    return {suite.name: suite for suite in _SUITES}
