"""Verdicts on campaigns and on money: a sign, a word and a colour each.

The sign and the word say all that the colour says. The reasons are the
sentences that the tables have, so that they can be translated like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.dashboard.page import Page
from orchestration.dashboard.words import N_
from orchestration.lib.cards.wording import foreign

GOOD, BAD, EVEN, OPEN = "good", "bad", "even", "open"
COLOURS = {  # light, dark
    GOOD: ("#2c6e34", "#8fce94"),
    BAD: ("#a3341f", "#f0937d"),
    EVEN: ("#5a5f66", "#b9bdc2"),
    OPEN: ("#8a6a1f", "#d9b867"),
}


@dataclass(frozen=True)
class Verdict:
    """How a verdict is shown.

    Attributes
    ----------
    sign : str
    words : str
        A message.
    kind : str
        Its colour: good, bad, even or open.
    shape : str
        Its mark in charts, as Vega names it.
    """

    sign: str
    words: str
    kind: str
    shape: str


UNKNOWN = Verdict("?", N_("cannot be told"), OPEN, "circle")
CAMPAIGNS = {
    "works": Verdict("+", N_("works"), GOOD, "triangle-up"),
    "harms": Verdict("−", N_("does harm"), BAD, "triangle-down"),
    "does not": Verdict(
        "=", N_("makes no difference that matters"), EVEN, "square"
    ),
    "not enough data": UNKNOWN,
}
MORE = Verdict("+", N_("more money"), GOOD, "triangle-up")
LESS = Verdict("−", N_("less money"), BAD, "triangle-down")
BUDGET = {
    "move": Verdict("±", N_("move"), GOOD, "diamond"),
    "keep": Verdict("=", N_("keep"), EVEN, "square"),
    "not enough data": Verdict("?", N_("too little tested"), OPEN, "circle"),
    "no experiment": Verdict("?", N_("never tested"), OPEN, "circle"),
}

MATCHED = N_("Nobody was held out: customers who were alike are compared.")
REASONS = frozenset(
    (
        MATCHED,
        N_("The interval of the lift lies above 0."),
        N_("The interval of the lift lies below 0."),
        N_("The interval excludes every lift that would matter."),
        N_("The interval reaches from no effect to a lift that would matter."),
        N_(
            "The interval lies on one side of 0, but among as many comparisons "
            "chance alone shows such a difference too often."
        ),
        N_("The window after the touch is still open."),
        N_("Nobody of this persona was held out."),
        N_("Nobody is known to have been touched."),
        N_("Too few customers were treated or held out."),
        N_("Too few customers are like the treated to compare them with."),
        N_(
            "The customers compared with the treated differ from them before "
            "the touch."
        ),
        N_(
            "The held-out customers differ from the treated before the touch: "
            "they were not left out at random."
        ),
        N_("Figures are left out: they would show few customers."),
        N_(
            "Nobody was held out from this money, so what it causes is not "
            "known: hold a group out before moving it."
        ),
        N_(
            "No campaign of this channel has held customers out with its "
            "window over: hold a group out before moving it."
        ),
        N_(
            "Fewer than 30 customers treated or held out: test more of this "
            "persona before moving its money."
        ),
        N_("Not surely better or worse than elsewhere."),
        N_("Scaled into budget_constraints."),
        N_("Scaled into the constraints."),
        N_("No persona has been tested with enough customers in any channel."),
        N_("No campaign with money in the period has held customers out."),
    )
)


def badge(page: Page, verdict: Verdict) -> Markup:
    """Return a verdict as its sign and word in its colour."""
    return Markup(
        '<span class="badge {}"><i aria-hidden="true">{}</i> {}</span>'
    ).format(verdict.kind, verdict.sign, page.say(verdict.words))


def signed(page: Page, verdict: Verdict) -> str:
    """Return a verdict as its sign and word, for a chart."""
    return f"{verdict.sign} {page.plain(verdict.words)}"


def colours(page: Page, shown: Iterable[Verdict]) -> dict[str, str]:
    """Return the colours of verdicts by what they are called in charts."""
    return {signed(page, one): COLOURS[one.kind][page.is_dark] for one in shown}


def shapes(page: Page, shown: Iterable[Verdict]) -> dict[str, str]:
    """Return the marks of verdicts by what they are called in charts."""
    return {signed(page, one): one.shape for one in shown}


def sentences_of(reason: str | None) -> list[str]:
    """Take a reason apart into sentences that are known, or one that is not."""
    told: list[str] = []
    rest = (reason or "").strip()
    while rest:
        found = [one for one in REASONS if rest.startswith(one)]
        if not found:
            return [*told, rest]
        sentence = max(found, key=len)
        told.append(sentence)
        rest = rest.removeprefix(sentence).strip()
    return told


def reason(page: Page, text: str | None) -> Markup:
    """Say a reason, translated where it is one of the known sentences."""
    return Markup(" ").join(
        page.say(one) if one in REASONS else foreign(one)
        for one in sentences_of(text)
    )
