"""How cards say it: messages, units, odds and standings in one language.

Every English sentence of the cards stands in a template or here, marked by
``N_``; catalogues translate it under the context ``card``. Traits are called
what the sentences about them call them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from ml.narrative.rendering import trait_label
from orchestration.lib.cards.deck import Persona, Row
from orchestration.lib.languages import SOURCE_LANGUAGE, Language

CONTEXT = "card"


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message for the catalogues."""
    return message


PART_NAMES = {
    "demographics": N_("Demographics"),
    "psychographics": N_("Values and lifestyle"),
    "behaviour": N_("Behaviour"),
    "goals": N_("Goals and needs"),
    "pain_points": N_("Pain points"),
    "background": N_("Background"),
    "channel": N_("Channels"),
    "product": N_("Products"),
    "campaign": N_("Campaigns"),
    "service": N_("Service"),
}
ADVICE_NAMES = {
    "channel": N_("Where to reach them"),
    "time": N_("When to reach them"),
    "message": N_("What resonates"),
    "overbuys": N_("Buys more than others"),
    "underbuys": N_("Buys less than others"),
    "offer": N_("What to offer"),
    "service": N_("How to serve them"),
}
VERDICTS = {
    "natural": N_("The groups are there."),
    "reproducible": N_("A stable cut, not a natural one."),
    "constructed": N_("A useful cut, not a natural one."),
    "none": N_("No personas: the data hold no groups."),
}
VERDICT_MEANINGS = {
    "natural": N_(
        "They come back whenever other customers are drawn, and they stand "
        "apart from each other more than data without groups would."
    ),
    "reproducible": N_(
        "The same personas come back whenever other customers are drawn, but "
        "customers pass smoothly from one to the next."
    ),
    "constructed": N_(
        "The personas mostly come back when other customers are drawn. Use "
        "them to talk about customers, not as borders between them."
    ),
    "none": N_(
        "Whatever cut is tried, it does not come back when other customers "
        "are drawn. Nobody is forced into a persona."
    ),
}
VERDICT_NAMES = {
    "natural": N_("natural"),
    "reproducible": N_("reproducible"),
    "constructed": N_("constructed"),
    "none": N_("none"),
}
STANDINGS = {
    "published": N_("published"),
    "provisional": N_("provisional"),
    "unassigned": N_("not assigned"),
}
BASES = {
    "observed": N_("observed"),
    "declared": N_("declared by customers"),
    "inferred": N_("inferred"),
}
ENTITIES = {
    "customers": N_("customer records"),
    "customer_identifiers": N_("customer identifiers"),
    "products": N_("products"),
    "orders": N_("orders"),
    "order_lines": N_("order lines"),
    "web_sessions": N_("web sessions"),
    "social_interactions": N_("social media"),
    "survey_questions": N_("survey questions"),
    "survey_responses": N_("survey answers"),
    "support_tickets": N_("support tickets"),
    "reviews": N_("product reviews"),
    "campaigns": N_("campaigns"),
    "campaign_touches": N_("campaign contacts"),
    "marketing_spend": N_("marketing spend"),
    "market_benchmarks": N_("market benchmarks"),
}
UNITS = {
    "years": N_("{value} years"),
    "days": N_("{value} days"),
    "hours": N_("{value} hours"),
    "minutes": N_("{value} minutes"),
}
ANSWER_KINDS = {
    "number": N_("a number"),
    "choice": N_("a choice"),
    "text": N_("own words"),
}

# Cohen 1988: differences below 0.2 are hardly seen.
EFFECTS = (
    (0.2, N_("a very small difference")),
    (0.5, N_("a small difference")),
    (0.8, N_("a clear difference")),
    (float("inf"), N_("a large difference")),
)
ODDS = (
    (0.001, N_("practically no chance finding")),
    (0.01, N_("very unlikely a chance finding")),
    (0.05, N_("unlikely a chance finding")),
    (float("inf"), N_("may be a chance finding")),
)
# Hennig 2007.
STABILITIES = (
    (0.6, N_("unstable")),
    (0.75, N_("fairly stable")),
    (0.85, N_("stable")),
    (float("inf"), N_("very stable")),
)
SMALLEST_P = 0.001
CONFIDENCE_LEVEL = 0.95


@dataclass(frozen=True)
class Wording:
    """The words and numbers of the cards in one language."""

    language: Language

    @property
    def direction(self) -> str:
        """As the attribute ``dir`` wants it."""
        return "rtl" if self.language.is_right_to_left else "ltr"

    def say(self, message: str, **values: Any) -> Markup:
        """Translate a message and put escaped values into it."""
        text = self.language.text(message, CONTEXT)
        return Markup(escape(text)).format(**values)

    def count(self, one: str, many: str, number: int) -> Markup:
        """Translate a message that depends on a count, as ``{count}``."""
        text = self.language.plural(one, many, number)
        return Markup(escape(text)).format(count=self.language.number(number))

    def named(self, names: Mapping[str, str], key: str | None) -> Markup:
        """Say a key of an enumeration; the key itself where it is not known."""
        key = key or ""
        if key in names:
            return self.say(names[key])
        return foreign(key.replace("_", " "))

    def day(self, day: date | None) -> Markup:
        """Write a day, or that it is unknown."""
        if day is None:
            return self.say("unknown")
        return escape(self.language.date(day))

    def share(self, share: float | None) -> Markup:
        """Write a share; one below a tenth with a digit behind the point."""
        if share is None:
            return self.say("unknown")
        digits = 1 if 0 < abs(share) < 0.0995 else 0
        return escape(self.language.percent(share, digits))

    def decimal(self, value: float | None, digits: int = 2) -> Markup:
        """Write a number, or that it is unknown."""
        if value is None:
            return self.say("unknown")
        return self._number(value, digits)

    def _number(self, value: float, digits: int) -> Markup:
        """Write a number; the sign of a negative one stands on its left."""
        number = self.language.number(value, digits)
        if value < 0 and self.language.is_right_to_left:
            return Markup('<bdi dir="ltr">{}</bdi>').format(number)
        return escape(number)

    def value(
        self, value: float | None, unit: str | None, currency: str | None
    ) -> Markup:
        """Write a value of a trait in its unit."""
        if value is None:
            return self.say("unknown")
        if unit == "share":
            return self.share(value)
        is_large = abs(value) >= 100
        if unit == "money" and currency:
            digits = 0 if is_large else 2
            return escape(self.language.money(value, currency, digits))
        number = self._number(value, 0 if is_large else 1)
        return self.say(UNITS[unit], value=number) if unit in UNITS else number

    def trait(self, row: Row) -> Markup:
        """Name a trait and, of a choice, the value that was chosen."""
        label = trait_label(row["trait"], row["trait_value"], self.language)
        return Markup("<bdi>{}</bdi>").format(label)

    def odds(self, p_value: float | None) -> Markup:
        """Say how likely chance alone shows as much."""
        if p_value is None:
            return self.say("not tested")
        words = self.say(_step(ODDS, p_value))
        sign = "<" if p_value < SMALLEST_P else "="
        figure = Markup('<bdi class="together" dir="ltr">p {} {}</bdi>').format(
            sign, self.language.number(max(p_value, SMALLEST_P), 3)
        )
        return self.say("{words} ({figure})", words=words, figure=figure)

    def effect(self, effect_size: float | None) -> Markup:
        """Say how large a difference is."""
        if effect_size is None:
            return self.say("unknown")
        words = self.say(_step(EFFECTS, abs(effect_size)))
        value = self._number(effect_size, 2)
        return self.say("{words} (effect {value})", words=words, value=value)

    def stability(self, jaccard: float | None) -> Markup:
        """Say how surely a persona comes back."""
        if jaccard is None:
            return self.say("unknown")
        return self.say(_step(STABILITIES, jaccard))

    def interval(self, row: Row, currency: str | None) -> Markup:
        """Write the interval of a trait, or that it is unknown."""
        low, high = row["interval_low"], row["interval_high"]
        if low is None or high is None:
            return self.say("unknown")
        return self.say(
            "{low} to {high}",
            low=self.value(low, row["unit"], currency),
            high=self.value(high, row["unit"], currency),
        )

    def known(self, row: Row, persona: Persona) -> Markup:
        """Write of how many customers a trait is known."""
        return self.say(
            "{known} of {all}",
            known=self.decimal(row["count_known"], 0),
            all=self.language.number(persona.row["count_customers"]),
        )


def foreign(text: str) -> Markup:
    """Return text that may be of another language and direction."""
    return Markup('<bdi lang="{}">{}</bdi>').format(SOURCE_LANGUAGE, text)


def _step(steps: tuple[tuple[float, str], ...], value: float) -> str:
    return next(words for limit, words in steps if value < limit)
