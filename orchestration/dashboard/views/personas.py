"""Personas: all of them side by side, and each of them whole."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import parts
from orchestration.dashboard.address import (
    ALL,
    choose,
    write,
)
from orchestration.dashboard.page import Page
from orchestration.dashboard.views import persona_sections as sections
from orchestration.dashboard.views.months import show_months
from orchestration.dashboard.words import N_
from orchestration.lib.cards import wording
from orchestration.lib.cards.deck import Persona

CARDS_IN_A_ROW = 3
VIEWS = {
    "card": N_("Card"),
    "figures": N_("Figures"),
    "loyalty": N_("Loyalty and worth"),
    "channels": N_("Channels"),
    "products": N_("Products"),
}


def show(page: Page) -> None:
    """Show the page."""
    if not page.personas:
        _show_none(page)
        return
    everybody = page.plain("All personas")
    chosen = choose(
        page.plain("Persona"),
        [ALL, *page.personas],
        "persona",
        show=lambda one: page.name(one) if one else everybody,
    )
    if chosen == ALL:
        _show_gallery(page)
    else:
        _show_persona(page, page.personas[chosen])


def _show_none(page: Page) -> None:
    parts.heading(page, N_("Personas"))
    parts.empty(
        page,
        page.words.named(wording.VERDICTS, page.deck.verdict),
        page.say(
            "Where no groups are found, nobody is forced into one. More "
            "sources, or more customers with several orders, may show some."
        ),
    )
    if page.deck.verdict_reason:
        parts.note(page, wording.foreign(page.deck.verdict_reason))


def _show_gallery(page: Page) -> None:
    deck = page.deck
    meaning = wording.VERDICT_MEANINGS.get(deck.verdict, "")
    parts.heading(
        page,
        N_("Who our customers are"),
        Markup("<b>{}</b> {}").format(
            page.words.named(wording.VERDICTS, deck.verdict),
            page.say(meaning) if meaning else "",
        ),
    )
    personas = list(deck.personas)
    for start in range(0, len(personas), CARDS_IN_A_ROW):
        row = personas[start : start + CARDS_IN_A_ROW]
        for column, persona in zip(
            st.columns(CARDS_IN_A_ROW), row, strict=False
        ):
            with column:
                _show_card(page, persona)


def _show_card(page: Page, persona: Persona) -> None:
    card = _rendered(page, "_card.html", persona, links=None)
    parts.sheet(
        page,
        Markup('<div class="card accent-{}">{}</div>').format(
            persona.accent, card
        ),
    )
    st.button(
        page.plain("Open {name}", name=page.name(persona.persona_id)),
        key=f"open:{persona.persona_id}",
        icon=page.look.onward,
        type="tertiary",
        on_click=write,
        args=("persona", persona.persona_id),
    )


def _show_persona(page: Page, persona: Persona) -> None:
    view = choose(
        page.plain("View"),
        list(VIEWS),
        "view",
        show=lambda one: page.plain(VIEWS[one]),
        widget=st.segmented_control,
        label_visibility="collapsed",
    )
    if view == "card":
        parts.sheet(
            page,
            Markup('<div class="page accent-{}">{}</div>').format(
                persona.accent, _rendered(page, "_persona.html", persona)
            ),
        )
        parts.download(
            page,
            f"persona_traits_{persona.persona_id}",
            list(persona.traits.values()),
        )
        return
    _show_name(page, persona)
    if view == "figures":
        sections.show_scorecard(page, persona.persona_id)
        show_months(page, [persona.persona_id], file=persona.persona_id)
    elif view == "loyalty":
        sections.show_value(page, persona.persona_id)
        sections.show_cohorts(page, persona.persona_id)
    elif view == "channels":
        sections.show_channels(page, persona.persona_id)
        sections.show_journeys(page, persona.persona_id)
    else:
        sections.show_products(page, persona.persona_id)


def _show_name(page: Page, persona: Persona) -> None:
    text = page.person(persona.persona_id)
    parts.show(
        page,
        "person.html",
        accent=persona.accent,
        portrait=page.portraits[persona.persona_id],
        name=text["persona_name"] or persona.persona_id,
        title=text["persona_title"] or "",
    )


def _rendered(
    page: Page, template: str, persona: Persona, **values: object
) -> Markup:
    """Return a template of the cards for one persona."""
    words = page.words
    return Markup(
        page.cards.get_template(template).render(
            page={"language": words.language.code},
            persona=persona,
            w=words,
            t=words.say,
            tn=words.count,
            **values,
        )
    )
