"""What is said of each persona: chosen once, by claims, for all languages.

The largest differences are said first, one of a kind. Every part of the
portrait gets its first sentence; further ones follow, part by part, until the
description is long enough. Titles, summaries and what is told of surveys are
chosen for all personas together, so that no two of them sound the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ml.narrative.phrases import (
    FACTS,
    GROUPS,
    HIGH,
    LOW,
    SHARES,
    Phrase,
    phrase_of,
)
from ml.narrative.templates import ADVICE, ORDER_CHANNELS, PARTS

# Whom a minority stands for is nobody: of these, more than half are asked for.
PLACES = ("country", "region", "city", "language")
STRONG = 0.4  # effect size of a price that calls for an offer
MOST_WORDS, ENOUGH_WORDS = 200, 150  # of a description, in English
MOST_CONSTRUCTS = {HIGH: 3, LOW: 2}  # of a survey, told in a sentence


class Claim(NamedTuple):
    """A row of the evidence, as far as words need it."""

    trait_id: str
    persona_id: str
    part: str
    trait: str
    trait_value: str | None
    statistic: str
    unit: str
    source_entity: str
    persona_value: float
    baseline_value: float
    effect_size: float
    is_claim: bool

    @property
    def side(self) -> str:
        """Whether the persona has more or less of it than others."""
        return HIGH if self.effect_size > 0 else LOW

    @property
    def phrase(self) -> Phrase | None:
        """What it is called, where there are true words for it."""
        return phrase_of(self.trait, self.side, self.persona_value)


class Planned(NamedTuple):
    """A sentence before it is worded: a template and the rows it says."""

    part: str
    template: str
    claims: tuple[Claim, ...] = ()
    question: str = ""


# What is told of surveys: by part and side, the leading one first.
Constructs = dict[tuple[str, str], tuple[Claim, ...]]


@dataclass(frozen=True)
class PersonaPlan:
    """What is said of one persona.

    Attributes
    ----------
    modifier, noun : Claim or None
        The claims the title is made of.
    clauses, values : tuple of Claim
        The claims the summary is made of.
    sentences : tuple of Planned
        The description, part by part.
    advice : tuple of Planned
        The playbook; ``template`` names an advice.
    gaps : tuple of str
        Parts of which nothing is known.
    is_part : bool
        Whether it is a sub-persona, compared with the rest of its persona.
    """

    persona_id: str
    modifier: Claim | None
    noun: Claim | None
    clauses: tuple[Claim, ...]
    values: tuple[Claim, ...]
    sentences: tuple[Planned, ...]
    advice: tuple[Planned, ...]
    gaps: tuple[str, ...] = ()
    is_part: bool = False


def plan_personas(
    claims: pd.DataFrame,
    *,
    persona_ids: Sequence[str],
    questions: Mapping[str, str],
    gap_questions: Mapping[str, str],
    count_words: Callable[[Planned], int],
    others: Iterable[PersonaPlan] = (),
    is_part: bool = False,
) -> dict[str, PersonaPlan]:
    """Choose what is said of every persona.

    Parameters
    ----------
    claims : DataFrame
        As ``ml.evidence.judge_claims`` returns it.
    persona_ids : sequence of str
        Every persona; those without claims get a plan too.
    questions : mapping of str to str
        Trait of a survey choice, such as 'survey_work_situation', to the
        wording of its question.
    gap_questions : mapping of str to str
        Part to the question that would tell what is unknown.
    count_words : callable
        How many words a planned sentence has, in English.
    others : iterable of PersonaPlan
        Plans whose titles are taken.
    is_part : bool
        Whether they are sub-personas.

    Returns
    -------
    dict of str to PersonaPlan
    """
    names = list(Claim._fields)
    known: dict[str, list[Claim]] = {one: [] for one in persona_ids}
    ordered = claims.sort_values(
        "effect_size", key=lambda column: -column.abs(), kind="stable"
    )
    for row in ordered[names].itertuples(index=False):
        claim = Claim(*row)
        if claim.persona_id in known:
            known[claim.persona_id].append(claim)
    said = {
        persona_id: [claim for claim in rows if claim.is_claim]
        for persona_id, rows in known.items()
    }
    titles = _choose_titles(said, others)
    clauses = _choose_clauses(said)
    constructs = _choose_constructs(said)
    return {
        persona_id: PersonaPlan(
            persona_id,
            *titles[persona_id],
            clauses[persona_id],
            constructs[persona_id]["psychographics", HIGH][:1],
            _describe(
                said[persona_id],
                known[persona_id],
                constructs[persona_id],
                questions,
                gap_questions,
                count_words,
            ),
            tuple(_advise(said[persona_id], constructs[persona_id])),
            tuple(
                part
                for part in PARTS
                if not any(one.part == part for one in known[persona_id])
            ),
            is_part,
        )
        for persona_id in persona_ids
    }


def _choose_titles(
    said: Mapping[str, list[Claim]], others: Iterable[PersonaPlan]
) -> dict[str, tuple[Claim | None, Claim | None]]:
    """Give each persona a title of its own, the strongest claims first."""
    taken: set[tuple[Any, ...]] = {
        (_key(one.modifier), _key(one.noun))
        for one in others
        if one.modifier and one.noun
    }
    words_taken: set[tuple[str, str]] = set()
    chosen: dict[str, tuple[Claim | None, Claim | None]] = {}
    strength = {
        persona_id: max((abs(one.effect_size) for one in rows), default=0.0)
        for persona_id, rows in said.items()
    }
    for persona_id in sorted(said, key=lambda one: (-strength[one], one)):
        nouns = [one for one in said[persona_id] if _word(one, "noun")]
        modifiers = [one for one in said[persona_id] if _word(one, "modifier")]
        pairs = [
            (modifier, noun)
            for noun in nouns
            for modifier in modifiers
            if _group(noun) != _group(modifier)
            and not _title_words(noun, "noun")
            & _title_words(modifier, "modifier")
        ]
        # Strong claims first; words that another persona has go last.
        pairs.sort(
            key=lambda pair: (
                _key(pair[1]) in words_taken,
                _key(pair[0]) in words_taken,
                -_fitness(pair[0]) - 1.5 * abs(pair[1].effect_size),
            )
        )
        title: tuple[Claim | None, Claim | None] = (
            None,
            nouns[0] if nouns else None,
        )
        for modifier, noun in pairs:
            if (_key(modifier), _key(noun)) not in taken:
                title = (modifier, noun)
                taken.add((_key(modifier), _key(noun)))
                break
        words_taken.update(_key(one) for one in title if one is not None)
        chosen[persona_id] = title
    return chosen


def _choose_clauses(
    said: Mapping[str, list[Claim]],
) -> dict[str, tuple[Claim, ...]]:
    """Give each persona a pair of clauses that no other one has."""
    taken: set[frozenset[tuple[str, str]]] = set()
    chosen: dict[str, tuple[Claim, ...]] = {}
    for persona_id in sorted(said):
        options = _distinct(one for one in said[persona_id] if one.phrase)
        pairs = [
            (first, second)
            for place, first in enumerate(options)
            for second in options[place + 1 :]
        ]
        picked: tuple[Claim, ...] = tuple(options[:1])
        for pair in pairs:
            keys = frozenset(_key(one) for one in pair)
            if keys not in taken:
                taken.add(keys)
                picked = pair
                break
        chosen[persona_id] = picked
    return chosen


def _choose_constructs(
    said: Mapping[str, list[Claim]],
) -> dict[str, Constructs]:
    """Choose what is told of surveys, per persona, part and side.

    Each leads with the strongest that no other persona leads with, where there
    is one, and shares at most one with any other persona's.
    """
    chosen: dict[str, Constructs] = {persona_id: {} for persona_id in said}
    for part in PARTS:
        for side, most in MOST_CONSTRUCTS.items():
            rows = {
                persona_id: _constructs(claims, part, side)
                for persona_id, claims in said.items()
            }
            for persona_id, told in _tell_apart(rows, most).items():
                chosen[persona_id][part, side] = told
    return chosen


def _tell_apart(
    rows: Mapping[str, list[Claim]], most: int
) -> dict[str, tuple[Claim, ...]]:
    def strength(persona_id: str) -> float:
        return max(
            (abs(one.effect_size) for one in rows[persona_id]), default=0
        )

    leads: set[str] = set()
    others: list[set[str]] = []
    chosen: dict[str, tuple[Claim, ...]] = {}
    for persona_id in sorted(rows, key=lambda one: (-strength(one), one)):
        own = rows[persona_id]
        free = [one for one in own if one.trait not in leads]
        told = (free or own)[:1]
        for one in own:
            traits = {one.trait, *(other.trait for other in told)}
            is_apart = all(len(traits & other) < 2 for other in others)
            if one not in told and is_apart and len(told) < most:
                told.append(one)
        leads.update(one.trait for one in told[:1])
        others.append({one.trait for one in told})
        chosen[persona_id] = tuple(told)
    return chosen


def _describe(
    said: list[Claim],
    known: list[Claim],
    constructs: Constructs,
    questions: Mapping[str, str],
    gap_questions: Mapping[str, str],
    count_words: Callable[[Planned], int],
) -> tuple[Planned, ...]:
    options = {
        "demographics": _demographics(said),
        "psychographics": _of_constructs(constructs, "psychographics", "values")
        + _themes(said, "psychographics"),
        "behaviour": _behaviour(said),
        "goals": _of_constructs(constructs, "goals", "goals")
        + _choices(said, "goals", questions)
        + _themes(said, "goals"),
        "pain_points": _pain_points(said, constructs)
        + _choices(said, "pain_points", questions)
        + _themes(said, "pain_points"),
        "background": _background(said, constructs, questions),
    }
    chosen: dict[str, list[Planned]] = {}
    for part, sentences in options.items():
        if sentences:
            chosen[part] = [sentences.pop(0)]
        elif any(one.part == part for one in known):
            rows = tuple(one for one in known if one.part == part)[:3]
            chosen[part] = [Planned(part, "same", rows)]
        else:
            question = gap_questions.get(part, "")
            chosen[part] = [Planned(part, "unknown", (), question)]
    total = sum(count_words(one) for rows in chosen.values() for one in rows)
    while total < ENOUGH_WORDS and any(options.values()):
        for part, sentences in options.items():
            if not sentences or total >= ENOUGH_WORDS:
                continue
            sentence = sentences.pop(0)
            words = count_words(sentence)
            if total + words <= MOST_WORDS:
                chosen[part].append(sentence)
                total += words
    return tuple(one for part in PARTS for one in chosen[part])


def _demographics(said: list[Claim]) -> list[Planned]:
    rows = [one for one in said if one.part == "demographics"]
    age = [one for one in rows if one.trait == "age"]
    income = [one for one in rows if one.trait == "income"]
    shares = _one_of_each(
        one
        for one in rows
        if one.trait in SHARES
        and one.side == HIGH
        and one.persona_value >= (0.5 if one.trait in PLACES else 1 / 3)
        and not (age and one.trait == "age_band")
        and not (income and one.trait == "income_band")
    )
    found = [_fact(one) for one in age]
    if shares:
        found.append(Planned("demographics", "shares", tuple(shares[:3])))
    return found + [_fact(one) for one in income]


def _behaviour(said: list[Claim]) -> list[Planned]:
    rows = [
        one
        for one in said
        if one.part in ("behaviour", "channel") and one.trait in FACTS
    ]
    spoken = _distinct(one for one in rows if one.phrase)
    found = []
    if spoken:
        found.append(Planned("behaviour", "clauses", tuple(spoken[:4])))
    tastes = [
        Planned("behaviour", f"taste_{side}", tuple(some[:3]))
        for side in (HIGH, LOW)
        if (
            some := [
                one
                for one in said
                if one.trait == "category" and one.side == side
            ]
        )
    ]
    distinct = _distinct(rows)
    facts = [_fact(one) for one in distinct]
    further = [_fact(one) for one in rows if one not in distinct]
    return [
        *found,
        *facts[:1],
        *tastes[:1],
        *facts[1:4],
        *tastes[1:],
        *facts[4:],
        *further,
    ]


def _of_constructs(
    constructs: Constructs, part: str, template: str
) -> list[Planned]:
    told = {side: constructs[part, side] for side in (HIGH, LOW)}
    lists = [
        Planned(part, f"{template}_{side}", claims)
        for side, claims in told.items()
        if claims
    ]
    return lists + [
        Planned(part, "score", claims[:1]) for claims in told.values() if claims
    ]


def _pain_points(said: list[Claim], constructs: Constructs) -> list[Planned]:
    found = _of_constructs(constructs, "pain_points", "pains")
    tickets = [
        _fact(one)
        for one in said
        if one.trait == "ticket_category" and one.side == HIGH
    ]
    if not constructs["pain_points", HIGH]:
        return [*tickets[:2], *found]
    return [*found[:1], *tickets[:1], *found[1:], *tickets[1:2]]


def _background(
    said: list[Claim], constructs: Constructs, questions: Mapping[str, str]
) -> list[Planned]:
    rows = [one for one in said if one.part == "background"]
    facts = [_fact(one) for one in rows if one.trait in FACTS]
    shares = _one_of_each(
        one for one in rows if one.trait in SHARES and one.side == HIGH
    )
    found = facts[:1]
    if shares:
        found.append(Planned("background", "shares", tuple(shares[:2])))
    return [
        *found,
        *_choices(said, "background", questions)[:2],
        *_of_constructs(constructs, "background", "background"),
        *facts[1:2],
    ]


def _choices(
    said: list[Claim], part: str, questions: Mapping[str, str]
) -> list[Planned]:
    rows = _one_of_each(
        one
        for one in said
        if one.part == part
        and one.trait in questions
        and one.statistic == "share"
        and one.side == HIGH
    )
    return [
        Planned(part, "choice", (one,), questions[one.trait]) for one in rows
    ]


def _themes(said: list[Claim], part: str) -> list[Planned]:
    return [
        Planned(part, f"theme_{one.source_entity}", (one,))
        for one in said
        if one.part == part
        and one.trait.startswith("theme_")
        and one.side == HIGH
    ][:2]


def _advise(said: list[Claim], constructs: Constructs) -> Iterable[Planned]:
    """Return the advice that claims support: the strongest three of a kind."""
    advisable = _advisable(said, constructs)
    for kind in dict.fromkeys(kind for kind, _ in ADVICE.values()):
        found = [
            Planned(kind, template, (claim,))
            for template, rows in advisable.items()
            if ADVICE[template][0] == kind
            for claim in rows
        ]
        found.sort(key=lambda one: -abs(one.claims[0].effect_size))
        yield from found[:3]


def _advisable(
    said: list[Claim], constructs: Constructs
) -> dict[str, list[Claim]]:
    """Return, per advice, the claims that support it."""

    def of(trait: str, side: str, size: float = 0.0) -> list[Claim]:
        return [
            one
            for one in said
            if one.trait == trait
            and one.side == side
            and abs(one.effect_size) >= size
        ]

    def commonest(rows: list[Claim]) -> list[Claim]:
        return sorted(rows, key=lambda one: -one.persona_value)[:1]

    is_social = not of("social_interactions_per_year", LOW)
    is_visitor = not of("sessions_per_month", LOW)
    has_discounts = bool(of("discount_share", HIGH))
    has_none = bool(of("discount_share", LOW))
    items = "avg_items_per_order"
    return {
        "order_channel": commonest(
            [
                one
                for one in said
                if one.trait in ORDER_CHANNELS and one.side == HIGH
            ]
        ),
        "social_platform": (
            commonest(of("social_platform", HIGH)) if is_social else []
        ),
        "traffic_source": (
            commonest(of("traffic_source", HIGH)) if is_visitor else []
        ),
        "acquisition_channel": commonest(of("acquisition_channel", HIGH)),
        "messages_opened": of("campaign_open_share", HIGH),
        "messages_unopened": of("campaign_open_share", LOW),
        "evening": [
            one for one in of("evening_order_share", HIGH) if one.phrase
        ],
        "daytime": [
            one for one in of("evening_order_share", LOW) if one.phrase
        ],
        "weekend": [
            one for one in of("weekend_order_share", HIGH) if one.phrase
        ],
        "weekdays": [
            one for one in of("weekend_order_share", LOW) if one.phrase
        ],
        "message": [
            *constructs["psychographics", HIGH],
            *constructs["goals", HIGH],
        ],
        "message_theme": [
            one
            for one in said
            if one.trait.startswith("theme_")
            and one.part != "pain_points"
            and one.side == HIGH
        ],
        "overbuys": of("category", HIGH, 0.3),
        "underbuys": of("category", LOW, 0.3),
        "discounts": of("discount_share", HIGH),
        "no_discounts": (
            []
            if of("discounted_order_share", HIGH)
            else of("discount_share", LOW)
        ),
        "premium": (
            [] if has_discounts else of("avg_item_price", HIGH, STRONG)
        ),
        "low_price": ([] if has_none else of("avg_item_price", LOW, STRONG)),
        "bundles": [one for one in of(items, HIGH) if one.persona_value >= 2],
        "single_items": [
            one for one in of(items, LOW) if one.persona_value < 2
        ],
        "returns": of("return_share", HIGH),
        "ticket_category": of("ticket_category", HIGH)[:2],
        "ticket_channel": commonest(of("ticket_channel", HIGH)),
        "much_help": of("tickets_per_year", HIGH),
        "trouble": list(constructs["pain_points", HIGH][:1]),
    }


def _constructs(said: list[Claim], part: str, side: str) -> list[Claim]:
    return [
        one
        for one in said
        if one.part == part
        and one.trait.startswith("survey_")
        and one.statistic == "mean"
        and one.side == side
    ]


def _fact(claim: Claim) -> Planned:
    part = claim.part if claim.part in PARTS else "behaviour"
    return Planned(part, "fact", (claim,))


def _word(claim: Claim, name: str) -> Any:
    return claim.phrase and getattr(claim.phrase, name)


def _title_words(claim: Claim, name: str) -> set[str]:
    """Return the English words, which no title says twice."""
    return set(str(_word(claim, name)).split())


def _fitness(claim: Claim) -> float:
    """Return how well a claim modifies a title; how people buy goes first."""
    size = abs(claim.effect_size)
    return size / 2 if claim.trait == "category" else size


def _key(claim: Claim) -> tuple[str, str]:
    return (f"{claim.trait}.{claim.trait_value or ''}", claim.side)


def _group(claim: Claim) -> str:
    return GROUPS.get(claim.trait, claim.trait)


def _distinct(claims: Iterable[Claim]) -> list[Claim]:
    """Return the strongest claim of each group of traits."""
    found: dict[str, Claim] = {}
    for one in claims:
        found.setdefault(_group(one), one)
    return list(found.values())


def _one_of_each(claims: Iterable[Claim]) -> list[Claim]:
    """Return the strongest claim of each trait."""
    found: dict[str, Claim] = {}
    for one in claims:
        found.setdefault(one.trait, one)
    return list(found.values())
