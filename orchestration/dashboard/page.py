"""What every page knows: the publication, the language, the personas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, cast

from jinja2 import Environment
from markupsafe import Markup

from orchestration.dashboard.charts import Look
from orchestration.dashboard.publication import Publication
from orchestration.dashboard.words import CHANNELS, N_, TIMES, Words
from orchestration.lib.cards.deck import UNASSIGNED, Deck, Persona, Row
from orchestration.lib.cards.rendering import accent_colours

__all__ = ["UNASSIGNED", "Page"]


@dataclass(frozen=True)
class Page:
    """A page while it is shown once.

    Attributes
    ----------
    publication : Publication
    words : Words
    is_dark : bool
        Whether the reader's page is dark.
    """

    publication: Publication
    words: Words
    is_dark: bool

    def say(self, message: str, **values: Any) -> Markup:
        """Translate a message."""
        return self.words.say(message, **values)

    def plain(self, message: str, **values: Any) -> str:
        """Translate a message for a place that takes no markup."""
        return self.words.plain(message, **values)

    def rows(self, query: str, *parameters: Any) -> list[Row]:
        """Return the rows of a query on the published tables."""
        return self.publication.rows(query, *parameters)

    @cached_property
    def look(self) -> Look:
        """How its charts look."""
        return Look(self.words.language, self.is_dark)

    @cached_property
    def deck(self) -> Deck:
        """The personas with all their cards say."""
        return self.publication.deck()

    @cached_property
    def cards(self) -> Environment:
        """The templates of the cards."""
        return self.publication.cards()

    @cached_property
    def portraits(self) -> dict[str, str]:
        """The portraits of the personas, as addresses that hold the image."""
        return cast("dict[str, str]", self.cards.globals["portraits"])

    @cached_property
    def personas(self) -> dict[str, Persona]:
        """The personas by id, the largest first."""
        return {one.persona_id: one for one in self.deck.personas}

    @cached_property
    def names(self) -> dict[str, str]:
        """What personas are called, and those that are no more, by id."""
        code = self.words.language.code
        names = {
            row["persona_id"]: row["persona_label"]
            for row in self.rows(
                "select persona_id, persona_label from bi.dim_persona "
                "order by is_current desc, persona_id"
            )
        }
        for persona_id, persona in self.personas.items():
            name = persona.text(code)["persona_name"]
            names[persona_id] = f"{persona_id} · {name}" if name else persona_id
        names[UNASSIGNED] = self.plain("Not assigned")
        return names

    def name(self, persona_id: str | None) -> str:
        """Return what a persona is called."""
        return self.names.get(persona_id or "", persona_id or "–")

    @cached_property
    def colours(self) -> dict[str, str]:
        """The personas' colours by id; grey for customers without one."""
        accents = accent_colours(is_dark=self.is_dark)
        own = {
            persona_id: accents[persona.accent]
            for persona_id, persona in self.personas.items()
        }
        return {**own, UNASSIGNED: self.look.muted}

    def colours_by_name(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the colours of personas by what they are called."""
        return {
            self.name(one): self.colours.get(one, self.look.muted)
            for one in ids
        }

    @cached_property
    def currency(self) -> str | None:
        """The currency of the published amounts."""
        found = self.rows(
            "select currency from bi.personas_overview "
            "where currency is not null limit 1"
        )
        return str(found[0]["currency"]) if found else None

    @cached_property
    def months(self) -> list[date]:
        """The whole months of the scorecard, in order."""
        return [
            row["month"]
            for row in self.rows(
                "select distinct month from bi.persona_kpis_monthly "
                "where is_complete order by month"
            )
        ]

    def channel(self, channel: str | None) -> str:
        """Return what a channel is called."""
        known = CHANNELS.get(channel or "unknown")
        return self.plain(known) if known else str(channel).replace("_", " ")

    def place(self, country: str) -> str:
        """Return what a country is called."""
        known = {"Other": N_("other"), "Unknown": N_("unknown")}.get(country)
        return self.plain(known) if known else country

    def axis_title(self, label: str, unit: str) -> str:
        """Return a figure's name with its unit, for the axis of a chart."""
        name = self.plain(label)
        if unit == "money" and self.currency:
            return f"{name} ({self.currency})"
        if unit in TIMES:
            return f"{name} ({self.plain(TIMES[unit])})"
        return name

    def money(self, amount: float | None) -> Markup:
        """Write an amount."""
        return self.words.figure(amount, "money", self.currency)

    def share(self, share: float | None) -> Markup:
        """Write a share."""
        return self.words.figure(share, "share")

    def count(self, count: float | None) -> Markup:
        """Write a count."""
        return self.words.figure(count, "count")

    def person(self, persona_id: str) -> Mapping[str, Any]:
        """Return the texts of a persona in the language of the page."""
        persona = self.personas.get(persona_id)
        if persona is None:
            return {"persona_name": self.name(persona_id), "persona_title": ""}
        return persona.text(self.words.language.code)
