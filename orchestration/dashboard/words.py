"""What the dashboard says: its sentences, its figures, their units.

English sentences are marked by ``N_`` or said directly; catalogues translate
them under the context ``dashboard``, and what the cards say too, as they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from orchestration.lib.cards.wording import UNITS, Wording
from orchestration.lib.languages import Language

CONTEXT = "dashboard"


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message for the catalogues."""
    return message


@dataclass(frozen=True)
class Words(Wording):
    """The words and numbers of the dashboard in one language."""

    language: Language

    def say(self, message: str, **values: Any) -> Markup:
        """Translate a message and put escaped values into it."""
        if not self.language.has(message, CONTEXT):
            return super().say(message, **values)
        text = self.language.text(message, CONTEXT)
        return Markup(escape(text)).format(**values)

    def plain(self, message: str, **values: Any) -> str:
        """Translate a message for a place that takes no markup."""
        said = self.say(message, **values)
        return said.striptags() if "<" in said else said.unescape()

    def month(self, month: date, form: str = "MMMM y") -> str:
        """Write a month with its year, in the order of the language."""
        return self.language.month(month, form)

    def figure(
        self, value: float | None, unit: str, currency: str | None = None
    ) -> Markup:
        """Write a figure in its unit; a dash where it is not shown."""
        if value is None:
            return Markup("–")
        if value < 0:
            return _with_sign(value, self.figure(-value, unit, currency))
        if unit in ("count", "points"):
            return self.decimal(value, 0)
        if unit == "score":
            return self.decimal(value, 0 if abs(value) >= 10 else 2)
        if unit == "ratio":
            return self.decimal(value, 2)
        if unit == "money" or unit in UNITS or unit == "share":
            return self.value(value, unit, currency)
        return self.decimal(value, 1)

    def signed(
        self, value: float | None, unit: str, currency: str | None = None
    ) -> Markup:
        """Write a change, with its sign; points where it is of shares."""
        if value is None:
            return Markup("–")
        if unit == "share":
            points = self.decimal(abs(value) * 100, 1)
            return self.say("{points} points", points=_with_sign(value, points))
        if unit in UNITS:
            size = self.decimal(abs(value), 0 if abs(value) >= 100 else 1)
            return self.say(UNITS[unit], value=_with_sign(value, size))
        return _with_sign(value, self.figure(abs(value), unit, currency))

    def change(self, now: float | None, before: float | None) -> Markup | None:
        """Write how much a figure has changed, as a share of before."""
        if now is None or not before:
            return None
        share = now / before - 1
        text = self.language.percent(abs(share), 1 if abs(share) < 0.1 else 0)
        return _with_sign(share, text)


def _with_sign(value: float, size: Markup | str) -> Markup:
    """Put a sign to the left of a number, whatever runs around it."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return Markup('<bdi dir="ltr">{}{}</bdi>').format(sign, size)


@dataclass(frozen=True)
class Figure:
    """A figure of the scorecard.

    Attributes
    ----------
    column : str
        In ``persona_kpis``.
    label : str
        A message.
    unit : str
        share, money, count, points, number, ratio, score, days, hours.
    better : int
        1 where more is better, -1 where less is, 0 where it depends.
    group : str
        A message.
    """

    column: str
    label: str
    unit: str
    better: int
    group: str


ACQUISITION = N_("Acquisition")
RETENTION = N_("Retention")
REVENUE = N_("Revenue")
SATISFACTION = N_("Satisfaction")
SERVICE = N_("Service")
CAMPAIGNS = N_("Campaigns")

FIGURES = (
    Figure("count_customers", N_("Customers"), "count", 1, ACQUISITION),
    Figure("new_customers", N_("New customers"), "count", 1, ACQUISITION),
    Figure(
        "acquisition_cost", N_("Acquisition cost"), "money", -1, ACQUISITION
    ),
    Figure("marketing_spend", N_("Marketing spend"), "money", 0, ACQUISITION),
    Figure(
        "session_conversion_share",
        N_("Visits that end in an order"),
        "share",
        1,
        ACQUISITION,
    ),
    Figure("active_customers", N_("Buyers"), "count", 1, RETENTION),
    Figure(
        "retained_share",
        N_("Bought again the month after"),
        "share",
        1,
        RETENTION,
    ),
    Figure(
        "repeat_share", N_("Buyers who bought before"), "share", 1, RETENTION
    ),
    Figure("monthly_churn_share", N_("Monthly churn"), "share", -1, RETENTION),
    Figure(
        "monthly_churn_share_90_days",
        N_("Monthly churn (90 days)"),
        "share",
        -1,
        RETENTION,
    ),
    Figure("reactivated_customers", N_("Won back"), "count", 1, RETENTION),
    Figure("net_amount", N_("Net revenue"), "money", 1, REVENUE),
    Figure("margin_amount", N_("Gross margin"), "money", 1, REVENUE),
    Figure("gross_margin_share", N_("Gross margin rate"), "share", 1, REVENUE),
    Figure("count_orders", N_("Orders"), "count", 1, REVENUE),
    Figure(
        "average_order_value", N_("Average order value"), "money", 1, REVENUE
    ),
    Figure(
        "orders_per_customer_year",
        N_("Orders per customer and year"),
        "number",
        1,
        REVENUE,
    ),
    Figure("items_per_order", N_("Items per order"), "number", 0, REVENUE),
    Figure("discount_share", N_("Discounts"), "share", -1, REVENUE),
    Figure("return_share", N_("Returns"), "share", -1, REVENUE),
    Figure(
        "net_promoter_score",
        N_("Net promoter score"),
        "points",
        1,
        SATISFACTION,
    ),
    Figure(
        "customer_satisfaction_score",
        N_("Customer satisfaction (1 to 5)"),
        "score",
        1,
        SATISFACTION,
    ),
    Figure(
        "satisfied_share", N_("Satisfied customers"), "share", 1, SATISFACTION
    ),
    Figure(
        "tickets_per_customer", N_("Tickets per customer"), "ratio", -1, SERVICE
    ),
    Figure(
        "complaints_per_customer",
        N_("Complaints per customer"),
        "ratio",
        -1,
        SERVICE,
    ),
    Figure("first_response_hours", N_("First response"), "hours", -1, SERVICE),
    Figure("resolution_hours", N_("Time to resolve"), "hours", -1, SERVICE),
    Figure("touched_share", N_("Reached by campaigns"), "share", 0, CAMPAIGNS),
    Figure("campaign_open_share", N_("Messages opened"), "share", 1, CAMPAIGNS),
    Figure(
        "campaign_click_share", N_("Messages clicked"), "share", 1, CAMPAIGNS
    ),
    Figure(
        "campaign_response_share",
        N_("Orders after a message"),
        "share",
        1,
        CAMPAIGNS,
    ),
)
BY_COLUMN = {figure.column: figure for figure in FIGURES}

TIMES = {"days": N_("days"), "hours": N_("hours")}

CHANNELS = {
    "affiliate": N_("affiliates"),
    "app": N_("app"),
    "direct": N_("direct"),
    "direct_mail": N_("letters"),
    "display": N_("display ads"),
    "email": N_("e-mail"),
    "local_events": N_("local events"),
    "marketplace": N_("marketplace"),
    "no session": N_("no visit is known"),
    "organic": N_("search, unpaid"),
    "paid_search": N_("search ads"),
    "paid_social": N_("social media ads"),
    "phone": N_("telephone"),
    "push": N_("push messages"),
    "referral": N_("recommendation"),
    "several": N_("several"),
    "sms": N_("text messages"),
    "social": N_("social media"),
    "store": N_("store"),
    "web": N_("web shop"),
    "unknown": N_("unknown"),
    "Unknown": N_("unknown"),
    "Other": N_("other"),
    "other": N_("other"),
}
