"""One customer by key: which persona, how sure, and what is expected of them.

A customer is shown to who has the key, and nobody unasked.
"""

from __future__ import annotations

import re

import streamlit as st
from markupsafe import Markup

from orchestration.dashboard import parts
from orchestration.dashboard.address import carried, enter_text
from orchestration.dashboard.page import UNASSIGNED, Page
from orchestration.dashboard.parts import Tile
from orchestration.dashboard.words import N_
from orchestration.lib.cards.deck import Row

KEY = re.compile(r"[0-9a-f]{32}")
QUIET = re.compile(r"no purchase in the last (\d+) months")
REASONS = {
    "nearest persona": N_("It is the persona nearest to what they do."),
    "nearest group is too unstable or too small": N_(
        "They are nearest to a group that is too unstable or too small to be "
        "a persona."
    ),
    "no model has been trained": N_("No model has been trained."),
    "the data show no personas": N_("The data show no personas."),
}
# Customers move into a persona from the var persona_margin on, 0.3 by default.
SURENESS = (
    (0.3, N_("near the border: another could do as well")),
    (0.6, N_("clearly inside")),
    (float("inf"), N_("deep inside")),
)
METHODS = {
    "model": N_("By a model of how often and for how much they buy."),
    "single purchase": N_(
        "By a model of customers like them: they have bought once."
    ),
    "regular": N_("They buy at even intervals, and are taken to go on so."),
    "naive": N_(
        "The mean of the persona: it comes closer than a model of single "
        "customers."
    ),
}
CLV_BASES = {
    "margin": N_("from the gross margin"),
    "net revenue": N_("from net revenue, because costs are unknown"),
}


def show(page: Page) -> None:
    """Show the page."""
    parts.heading(
        page,
        N_("Look up a customer"),
        page.say(
            "Which persona a customer is in, how sure that is, and what can be "
            "expected of them."
        ),
    )
    left, _ = st.columns([2, 1])
    with left:
        key = enter_text(
            page.plain("Customer key"),
            "key",
            placeholder=page.plain("32 characters, 0 to 9 and a to f"),
            autocomplete="off",
        ).lower()
    if not key:
        _say_where_keys_are(page)
        return
    if not KEY.fullmatch(key):
        parts.empty(
            page,
            page.say("This is no customer key."),
            page.say(
                "A key has 32 characters, 0 to 9 and a to f. An id as it was "
                "delivered is none: {command} takes that, on the machine with "
                "the warehouse.",
                command=Markup("<code>persona lookup ID</code>"),
            ),
        )
        return
    customer = _find(page, key)
    if customer is None:
        parts.empty(
            page,
            page.say("No customer has this key."),
            page.say(
                "Keys are those of the publication that is shown; a customer "
                "who was forgotten, or another company's, is not in it."
            ),
        )
        return
    _show_persona(page, customer)
    _show_value(page, customer)


def _say_where_keys_are(page: Page) -> None:
    parts.empty(
        page,
        page.say("Enter a customer key."),
        page.say(
            "A key stands for a customer in all published tables, such as "
            "{table}, and tells nothing of who it is. With a customer's id, "
            "{command} says the same on the machine with the warehouse.",
            table=Markup("<code>bi.customer_personas_wide</code>"),
            command=Markup("<code>persona lookup ID</code>"),
        ),
    )


def _find(page: Page, key: str) -> Row | None:
    """Return what is published of a customer, if there is one."""
    rows = page.rows(
        "select assigned.customer_key, assigned.persona_id, "
        "assigned.runner_up_persona_id, assigned.sub_persona_id, "
        "assigned.assignment_reason, assigned.confidence, "
        "wide.country, wide.acquisition_channel, wide.p_alive, "
        "wide.expected_orders_12m, wide.expected_net_amount_12m, "
        "wide.clv_12m, wide.clv_basis, wide.value_method, wide.currency "
        "from bi.customer_personas as assigned "
        "inner join bi.customer_personas_wide as wide "
        "on assigned.customer_key = wide.customer_key "
        "where assigned.customer_key = ? and wide.customer_key = ?",
        key,
        key,
    )
    return rows[0] if rows else None


def reason_in_words(page: Page, reason: str) -> Markup:
    """Say why a customer is in a persona or in none."""
    quiet = QUIET.fullmatch(reason)
    if quiet:
        return page.say(
            "They have bought nothing in the last {count} months.",
            count=page.count(int(quiet[1])),
        )
    return page.words.named(REASONS, reason)


def sureness(confidence: float) -> str:
    """Return the message for how deep inside a persona a customer is."""
    return next(words for limit, words in SURENESS if confidence < limit)


def _show_persona(page: Page, customer: Row) -> None:
    persona_id = customer["persona_id"]
    is_assigned = persona_id != UNASSIGNED
    parts.section(page, N_("The persona"))
    left, right = st.columns([3, 2])
    with left:
        if is_assigned:
            parts.sheet(page, _portrayed(page, persona_id))
        sentences = [
            _confidence_in_words(page, customer)
            if is_assigned
            else page.say("This customer is in no persona."),
            reason_in_words(page, customer["assignment_reason"]),
        ]
        if customer["sub_persona_id"]:
            sentences.append(
                page.say(
                    "Of that persona in its part {part}.",
                    part=_strong(page.name(customer["sub_persona_id"])),
                )
            )
        if is_assigned and customer["runner_up_persona_id"]:
            sentences.append(
                page.say(
                    "The next nearest: {persona}.",
                    persona=_strong(
                        page.name(customer["runner_up_persona_id"])
                    ),
                )
            )
        parts.sentences(page, sentences)
    with right:
        _show_cells(page, customer)
    if is_assigned:
        st.page_link(
            st.session_state["menu"]["personas"],
            label=page.plain("Read about this persona"),
            icon=page.look.onward,
            query_params=carried(persona=persona_id, key=None),
        )


def _portrayed(page: Page, persona_id: str) -> Markup:
    """Return a persona's portrait, name and title."""
    portrait = page.portraits.get(persona_id)
    image = (
        Markup('<img class="portrait" src="{}" alt="">').format(portrait)
        if portrait
        else ""
    )
    title = page.person(persona_id).get("persona_title") or ""
    return Markup(
        '<div class="person">{}<div><p class="answer-name">{}</p>'
        '<p class="title">{}</p></div></div>'
    ).format(image, page.name(persona_id), title)


def _strong(text: Markup | str) -> Markup:
    return Markup("<b><bdi>{}</bdi></b>").format(text)


def _confidence_in_words(page: Page, customer: Row) -> Markup:
    """Say how sure it is, and how to read that."""
    confidence = customer["confidence"]
    if confidence is None:
        return page.say("How sure that is, is unknown.")
    return page.say(
        "How sure: {share}, {words}. {least} is on the border to the next one, "
        "{most} deepest inside.",
        share=_strong(page.share(confidence)),
        words=page.say(sureness(confidence)),
        least=page.share(0),
        most=page.share(1),
    )


def _show_cells(page: Page, customer: Row) -> None:
    parts.tiles(
        page,
        [
            Tile(
                page.say("Country"),
                page.place(customer["country"]),
                _why_other(page, customer["country"]),
            ),
            Tile(
                page.say("Came through"),
                page.channel(customer["acquisition_channel"]),
                _why_other(page, customer["acquisition_channel"]),
            ),
        ],
    )


def _why_other(page: Page, value: str) -> Markup | str:
    """Say what "other" stands for."""
    return page.say("one with few customers") if value == "Other" else ""


def _show_value(page: Page, customer: Row) -> None:
    parts.section(
        page,
        N_("What can be expected in 12 months"),
        page.say(METHODS[customer["value_method"]])
        if customer["value_method"] in METHODS
        else "",
    )
    if customer["expected_orders_12m"] is None:
        parts.empty(
            page,
            page.say("Nothing can be expected of this customer yet."),
            page.say("It takes an order that counts."),
        )
        return
    mean = page.rows(
        "select clv_per_customer from bi.personas_overview "
        "where persona_id = ? and persona_id <> ?",
        customer["persona_id"],
        UNASSIGNED,
    )
    per_customer = mean[0]["clv_per_customer"] if mean else None
    currency = customer["currency"]
    figures = [
        Tile(
            page.say("Still a customer"),
            page.words.figure(customer["p_alive"], "share"),
            page.say("odds of buying again")
            if customer["p_alive"] is not None
            else page.say("cannot be told of single customers"),
        ),
        Tile(
            page.say("Orders"),
            page.words.figure(customer["expected_orders_12m"], "number"),
        ),
        Tile(
            page.say("Net revenue"),
            page.words.figure(
                customer["expected_net_amount_12m"], "money", currency
            ),
        ),
        Tile(
            page.say("Worth"),
            page.words.figure(customer["clv_12m"], "money", currency),
            _basis(page, customer, per_customer),
        ),
    ]
    parts.tiles(page, figures)
    parts.sheet(
        page,
        Markup('<p class="quiet">{}</p>').format(
            page.say(
                "An expectation for one person is a rough one: many of them "
                "together come true better than each."
            )
        ),
    )


def _basis(page: Page, customer: Row, per_customer: float | None) -> Markup:
    basis = page.words.named(CLV_BASES, customer["clv_basis"])
    if per_customer is None:
        return basis
    return page.say(
        "{basis}; the mean of the persona is {amount}",
        basis=basis,
        amount=page.words.figure(per_customer, "money", customer["currency"]),
    )
