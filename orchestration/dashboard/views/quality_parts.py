"""What the sections of the page on data quality share."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from orchestration.dashboard.page import Page
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import Row

DASH = Markup("–")
GOOD, CARE, BAD = 6, 4, 2  # accents of the cards: green, ochre, red


def badge(page: Page, message: str, accent: int) -> Markup:
    """Return a word in a colour that says whether all is well."""
    return Markup('<span class="badge accent-{}">{}</span>').format(
        accent, page.say(message)
    )


def foreign(text: str | None) -> Markup:
    """Return a text of the tables, which is English."""
    return wording.foreign(text) if text else DASH


def entity_of(page: Page, row: Row) -> Markup:
    """Return what an entity is called."""
    return page.words.named(wording.ENTITIES, row["entity"])


def counts_of(page: Page, column: str) -> Any:
    """Return how a column of counts is shown."""
    return lambda row: page.count(row[column])
