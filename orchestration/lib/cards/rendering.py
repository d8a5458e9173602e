"""What turns a deck into HTML: the templates, their style, the portraits.

The pages of the cards and the dashboard share it. The style is four files:
``tokens.css`` (colours and typefaces), ``sheet.css`` (what personas are shown
with), ``page.css`` (what is around it on a page of its own), ``print.css``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from orchestration.lib.cards import drawing, wording
from orchestration.lib.cards.deck import PARTS, Deck
from orchestration.lib.cards.portraits import portrait_uri

PACKAGE = "orchestration.lib.cards"
TOKENS = "tokens.css"
SHEET = "sheet.css"
PAGE_STYLE = (TOKENS, SHEET, "page.css", "print.css")

ROOT = ":root"
DARK = "@media screen and (prefers-color-scheme: dark)"
ACCENT = re.compile(
    r"\.accent-(\d+) { --accent: (#\w+); --dark-accent: (#\w+); }"
)


def card_environment(
    deck: Deck, photos: Path | None = None, *, instead: Sequence[str] = ()
) -> Environment:
    """Return the templates, with everything they ask of a deck.

    Parameters
    ----------
    deck : Deck
    photos : Path, optional
        The folder of house photos.
    instead : sequence of str
        Packages whose templates of the same name stand in for these.

    Raises
    ------
    CardsError
        When a house photo cannot be used.
    """
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader(package) for package in (*instead, PACKAGE)]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        deck=deck,
        parts=PARTS,
        drawing=drawing,
        wording=wording,
        portraits={
            persona.persona_id: portrait_uri(
                persona.row["portrait"],
                persona.row["portrait_svg"],
                persona.row["persona_name"] or persona.persona_id,
                photos,
            )
            for persona in deck.personas
        },
    )
    return environment


@cache
def page_style() -> str:
    """Return the style of a page of its own."""
    return "".join(_read(name) for name in PAGE_STYLE)


@cache
def scoped_style(scope: str, *, is_dark: bool) -> str:
    """Return the style of personas inside an element of somebody else's page.

    Parameters
    ----------
    scope : str
        A CSS selector; the element takes the place of the page's root.
    is_dark : bool
        Whether that page is dark, whatever the system prefers.
    """
    style = (_read(TOKENS) + _read(SHEET)).replace(ROOT, "&")
    style = style.replace(DARK, "@media all" if is_dark else "@media not all")
    return f"{scope} {{\n{style}}}\n"


@cache
def accent_colours(*, is_dark: bool) -> dict[int, str]:
    """Return the colour of each accent."""
    return {
        int(number): dark if is_dark else light
        for number, light, dark in ACCENT.findall(_read(TOKENS))
    }


def _read(name: str) -> str:
    path = resources.files(PACKAGE) / "templates" / name
    return path.read_text(encoding="utf-8")
