"""Whether a sentence says what its rows say, and nothing else.

Built on the published rows alone: a sentence is traced when some template,
filled with its rows, says it word for word, and every row it rests on may be
said and points the way the template does. Its numbers are checked once more
by themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ml.narrative import Speaker, say
from ml.narrative.phrases import FACTS, HIGH, LOW, SHARES
from ml.narrative.planning import Claim, PersonaPlan, Planned
from ml.narrative.rendering import (
    figures,
    render_playbook,
    render_summary,
    render_title,
    value_label,
)
from ml.narrative.templates import ADVICE, SENTENCES

_NUMBER = re.compile(r"\d+(?:[.,٫٬\u202f\xa0]\d+)*")


def claim_of(row: Mapping[str, Any]) -> Claim:
    """Return a published row of persona_traits as a claim."""
    return Claim(*(row[name] for name in Claim._fields))


def is_traced(
    sentence: str,
    claims: Sequence[Claim],
    speaker: Speaker,
    currency: str,
    questions: Iterable[str] = (),
) -> bool:
    """Return whether the rows say the sentence."""
    if not claims or not _says_numbers(sentence, claims, speaker, currency):
        return False
    if all(one.is_claim for one in claims) and sentence in _openings(
        tuple(claims), speaker
    ):
        return True
    return any(
        say(planned, speaker, currency) == sentence
        for planned in _sayable(claims, questions)
    )


def is_traced_advice(
    advice: str, claims: Sequence[Claim], speaker: Speaker, currency: str
) -> bool:
    """Return whether the rows give the advice."""
    if not _says_numbers(advice, claims, speaker, currency):
        return False
    plans = [
        Planned(kind, name, tuple(claims)) for name, (kind, _) in ADVICE.items()
    ]
    for planned in plans:
        plan = PersonaPlan("", None, None, (), (), (), (planned,))
        try:
            if render_playbook(plan, speaker, currency)[0].text == advice:
                return True
        except KeyError:
            continue
    return False


def _openings(rows: tuple[Claim, ...], speaker: Speaker) -> Iterable[str]:
    """Yield the titles and summaries that the rows make."""
    if all(one.phrase for one in rows) and len(rows) <= 2:
        modifier = rows[0] if len(rows) == 2 else None
        plan = PersonaPlan("", modifier, rows[-1], (), (), (), ())
        with suppress(AttributeError, KeyError):
            yield render_title(plan, speaker).text
    for count in range(1, len(rows) + 1):
        clauses, values = rows[:count], rows[count:]
        is_sayable = all(one.phrase for one in clauses) and all(
            one.unit == "score" and one.side == HIGH for one in values
        )
        if is_sayable:
            plan = PersonaPlan("", None, None, clauses, values, (), ())
            yield render_summary(plan, speaker).text


def _sayable(
    claims: Sequence[Claim], questions: Iterable[str]
) -> Iterable[Planned]:
    rows = tuple(claims)
    first = rows[0]
    if not any(one.is_claim for one in rows):
        yield Planned(first.part, "same", rows)
        return
    if not all(one.is_claim for one in rows):
        return
    sides = {one.side for one in rows}
    if all(one.phrase for one in rows):
        yield Planned(first.part, "clauses", rows)
    if all(one.trait in SHARES for one in rows) and sides == {HIGH}:
        yield Planned(first.part, "shares", rows)
    for side in (HIGH, LOW):
        if sides == {side}:
            for name in SENTENCES:
                if name.endswith(f"_{side}"):
                    yield Planned(first.part, name, rows)
    if len(rows) > 1:
        return
    if first.trait in FACTS:
        yield Planned(first.part, "fact", rows)
    if first.unit == "score":
        yield Planned(first.part, "score", rows)
    if first.trait.startswith("theme_"):
        yield Planned(first.part, first.trait, rows)
    for question in questions:
        yield Planned(first.part, "choice", rows, question)


def _says_numbers(
    text: str, claims: Sequence[Claim], speaker: Speaker, currency: str
) -> bool:
    """Return whether every number is a figure or a label of the rows."""
    allowed = {"100", "5", "1", "6", "18"}  # of scales and hours
    for one in claims:
        allowed.update(
            number
            for figure in figures(one, speaker, currency)
            for number in numbers_of(figure)
        )
        if one.trait_value is not None:
            label = value_label(one.trait, one.trait_value, speaker)
            allowed.update(numbers_of(label))
    return set(numbers_of(text)) <= allowed


def numbers_of(text: str) -> list[str]:
    """Return the numbers in a text, with digits of any script as 0-9."""
    western = "".join(
        str(unicodedata.decimal(letter, letter)) for letter in text
    )
    return _NUMBER.findall(western)
