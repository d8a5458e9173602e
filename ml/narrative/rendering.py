"""Planned sentences in words of a language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from ml.narrative.phrases import FACTS, LABELS, PHRASES, SHARES, VALUES
from ml.narrative.planning import Claim, PersonaPlan, Planned
from ml.narrative.templates import (
    ADVICE,
    ORDER_CHANNELS,
    QUOTED,
    SENTENCES,
    SUMMARY,
    SUMMARY_NOTHING,
    SUMMARY_WITH_VALUES,
    TITLE,
    TITLE_NOTHING,
    TITLE_NOUN_ONLY,
    WITHIN,
)


class Speaker(Protocol):
    """A language: translates message ids and writes numbers."""

    def text(self, message: str, context: str | None = None) -> str:
        """Translate a message."""
        ...

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number."""
        ...

    def percent(self, share: float, digits: int = 0) -> str:
        """Write a share."""
        ...

    def money(self, value: float, currency: str, digits: int = 0) -> str:
        """Write an amount."""
        ...

    def join(self, words: Iterable[str]) -> str:
        """Write an enumeration."""
        ...


class Sentence(NamedTuple):
    """A sentence in a language and the claims it says."""

    part: str
    text: str
    trait_ids: tuple[str, ...]


def render_description(
    plan: PersonaPlan, speaker: Speaker, currency: str
) -> list[Sentence]:
    """Return the description's sentences, in order."""
    within = _within(plan, speaker)
    return [_render(one, speaker, currency, within) for one in plan.sentences]


def render_playbook(
    plan: PersonaPlan, speaker: Speaker, currency: str
) -> list[Sentence]:
    """Return the advice; ``part`` is its kind."""
    within = _within(plan, speaker)
    return [
        Sentence(
            one.part,
            _advice(one, speaker, currency, within),
            _ids(one.claims),
        )
        for one in plan.advice
    ]


def render_title(plan: PersonaPlan, speaker: Speaker) -> Sentence:
    """Return the title, such as "the weekend bargain hunter"."""
    words = {"modifier": plan.modifier, "noun": plan.noun}
    said = {name: claim for name, claim in words.items() if claim is not None}
    template = {2: TITLE, 1: TITLE_NOUN_ONLY, 0: TITLE_NOTHING}[len(said)]
    text = speaker.text(template, "title").format(
        **{
            name: _title_word(claim, name, speaker)
            for name, claim in said.items()
        }
    )
    return Sentence("title", text, _ids(said.values()))


def render_summary(plan: PersonaPlan, speaker: Speaker) -> Sentence:
    """Return the summary, one line."""
    if not plan.clauses:
        text = speaker.text(SUMMARY_NOTHING, "sentence").format(
            within=_within(plan, speaker)
        )
        return Sentence("summary", text, ())
    clauses = speaker.join(_clause(one, speaker) for one in plan.clauses)
    template = SUMMARY_WITH_VALUES if plan.values else SUMMARY
    text = speaker.text(template, "sentence").format(
        clauses=clauses, labels=_labels(plan.values, speaker)
    )
    return Sentence("summary", text, _ids((*plan.clauses, *plan.values)))


def say(planned: Planned, speaker: Speaker, currency: str) -> str:
    """Return a planned sentence in words."""
    return _render(planned, speaker, currency).text


def words_of(claim: Claim, speaker: Speaker, currency: str) -> str:
    """Return a claim as a line of a table, with its figures."""
    value, baseline = figures(claim, speaker, currency)
    label = trait_label(claim.trait, claim.trait_value, speaker)
    against = speaker.text("{label} ({value} against {baseline})", "trait")
    line = against.format(label=label, value=value, baseline=baseline)
    if claim.phrase is None:
        return line
    return f"{_clause(claim, speaker)}: {line}"


def trait_label(trait: str, trait_value: str | None, speaker: Speaker) -> str:
    """Return what a trait is called, with its value where it has one."""
    name = (
        speaker.text(LABELS[trait], "trait")
        if trait in LABELS
        else _quoted(
            _own_words(trait.removeprefix("survey_"), speaker), speaker
        )
    )
    if trait_value is None:
        return name
    return f"{name}: {value_label(trait, trait_value, speaker)}"


def value_label(trait: str, trait_value: str, speaker: Speaker) -> str:
    """Return what a value is called; an unknown one as it was delivered."""
    known = VALUES.get(f"{trait}.{trait_value}")
    if known is not None:
        return speaker.text(known, "value")
    return _own_words(trait_value, speaker)


def figures(claim: Claim, speaker: Speaker, currency: str) -> tuple[str, str]:
    """Return a claim's value and baseline, with digits that tell them apart."""
    value, baseline = claim.persona_value, claim.baseline_value
    digits = _digits(claim.unit, min(abs(value), abs(baseline)))
    for more in range(3):
        written = tuple(
            _figure(number, claim.unit, digits + more, speaker, currency)
            for number in (value, baseline)
        )
        if written[0] != written[1]:
            break
    return written[0], written[1]


def _within(plan: PersonaPlan, speaker: Speaker) -> str:
    """Return what follows "all customers": of what the persona is a part."""
    return f" {speaker.text(WITHIN, 'sentence')}" if plan.is_part else ""


def _ids(claims: Iterable[Claim]) -> tuple[str, ...]:
    return tuple(claim.trait_id for claim in claims)


def _render(
    planned: Planned, speaker: Speaker, currency: str, within: str = ""
) -> Sentence:
    ids = _ids(planned.claims)
    template = planned.template
    if template == "fact":
        claim = planned.claims[0]
        text = _filled(
            FACTS[claim.trait],
            "fact",
            claim,
            speaker,
            currency,
            within=within,
        )
    elif template == "shares":
        shares = speaker.join(
            _share(claim, speaker, currency) for claim in planned.claims
        )
        text = _sentence(template, speaker).format(shares=shares, within=within)
    elif template == "clauses":
        clauses = speaker.join(
            _clause(claim, speaker) for claim in planned.claims
        )
        text = _sentence(template, speaker).format(clauses=clauses)
    elif template.endswith(("_high", "_low")):
        text = _sentence(template, speaker).format(
            labels=_labels(planned.claims, speaker)
        )
    elif template in ("unknown", "same"):
        question = speaker.text(planned.question, "question")
        text = _sentence(template, speaker).format(
            question=question, within=within
        )
    else:
        text = _filled(
            SENTENCES[template],
            "sentence",
            planned.claims[0],
            speaker,
            currency,
            question=planned.question,
            within=within,
        )
    return Sentence(planned.part, text, ids)


def _advice(
    planned: Planned, speaker: Speaker, currency: str, within: str
) -> str:
    message = ADVICE[planned.template][1]
    claim = planned.claims[0]
    if planned.template != "order_channel":
        return _filled(
            message, "advice", claim, speaker, currency, within=within
        )
    value, baseline = figures(claim, speaker, currency)
    label = speaker.text(ORDER_CHANNELS[claim.trait], "advice")
    return speaker.text(message, "advice").format(
        value=value, baseline=baseline, label=label, within=within
    )


def _filled(
    message: str,
    context: str,
    claim: Claim,
    speaker: Speaker,
    currency: str,
    question: str = "",
    within: str = "",
) -> str:
    value, baseline = figures(claim, speaker, currency)
    return speaker.text(message, context).format(
        value=value,
        baseline=baseline,
        label=_plain_label(claim, speaker),
        question=question,
        within=within,
    )


def _share(claim: Claim, speaker: Speaker, currency: str) -> str:
    key = f"{claim.trait}.{claim.trait_value}"
    message = SHARES.get(key, SHARES[claim.trait])
    value, baseline = figures(claim, speaker, currency)
    return speaker.text(message, "share").format(
        value=value, baseline=baseline, label=_plain_label(claim, speaker)
    )


def _clause(claim: Claim, speaker: Speaker) -> str:
    message = PHRASES[claim.trait, claim.side].clause
    return speaker.text(message, "clause").format(
        label=_plain_label(claim, speaker)
    )


def _title_word(claim: Claim, name: str, speaker: Speaker) -> str:
    message = str(getattr(PHRASES[claim.trait, claim.side], name))
    return speaker.text(message, name).format(
        label=_plain_label(claim, speaker)
    )


def _labels(claims: Iterable[Claim], speaker: Speaker) -> str:
    return speaker.join(
        _plain_label(one, speaker)
        if one.trait == "category"
        else _quoted(_plain_label(one, speaker), speaker)
        for one in claims
    )


def _plain_label(claim: Claim, speaker: Speaker) -> str:
    if claim.trait_value is None:
        return _own_words(claim.trait.removeprefix("survey_"), speaker)
    return value_label(claim.trait, claim.trait_value, speaker)


def _quoted(label: str, speaker: Speaker) -> str:
    return speaker.text(QUOTED, "sentence").format(label=label)


def _own_words(text: str, speaker: Speaker) -> str:
    words = text.replace("_", " ")
    return speaker.text(words, "value")


def _sentence(template: str, speaker: Speaker) -> str:
    return speaker.text(SENTENCES[template], "sentence")


def _digits(unit: str, smaller: float) -> int:
    if unit == "share":
        return 0 if smaller >= 0.01 else 1
    if unit == "score":
        return 0 if smaller > 5 else 1
    if unit == "money":
        return 0 if smaller >= 20 else 2
    return 0 if smaller >= 20 else 1


def _figure(
    number: float, unit: str, digits: int, speaker: Speaker, currency: str
) -> str:
    if unit == "share":
        return speaker.percent(number, digits)
    if unit == "money" and currency:
        return speaker.money(number, currency, digits)
    return speaker.number(number, digits)
