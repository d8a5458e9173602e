"""What a model would change, in sentences a marketer reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from orchestration.lib.languages import SOURCE_LANGUAGE, load_language
from orchestration.lib.reviews import NEW, Change, Difference, Event, Model

CLAIMS_OF_A_NEW_ONE = 4
CHANGES_PER_PERSONA = 6
DIRECTIONS = {"higher": "above", "lower": "below", "alike": "like"}


def standing_in_words(model: Model) -> str:
    """Return where a model stands, with the reason of the last decision."""
    return f"It is {model.standing}. {model.note or ''}".strip()


def model_in_a_line(model: Model) -> str:
    """Return when a model was trained and what it found."""
    return (
        f"trained on {model.trained_on}, {model.count_personas} personas, "
        f"verdict {model.verdict}"
    )


def events_in_words(difference: Difference, *, floor: int = 0) -> list[str]:
    """Return what becomes of each persona; those that stay in one sentence.

    The size of a new persona is left out below a floor, in customers.
    """
    count = difference.model.count_customers or 0
    return told_events(
        difference.events,
        difference.names,
        sizes={
            persona_id: share
            for persona_id, share in difference.sizes.items()
            if round(share * count) >= floor
        },
        changes=difference.changes,
    )


def told_events(
    events: Sequence[Event],
    names: Mapping[str, str],
    *,
    sizes: Mapping[str, float],
    changes: Sequence[Change] = (),
) -> list[str]:
    """Return events in sentences; those that go on share one.

    ``sizes`` (shares of the customers, 0-1) and ``changes`` are of personas
    that are new, as far as they are known; those of which nothing is known
    share a sentence too.
    """
    named = _Names(names)
    sentences = []
    born = []
    for one in events:
        other = one.other_persona_id or ""
        if one.event == "born":
            size = sizes.get(one.persona_id)
            known = (
                f", with {size:.0%} of the customers" if size else ""
            ) + _traits_of(changes, one.persona_id)
            if known:
                sentences.append(f"{named(one.persona_id)} is born{known}")
            else:
                born.append(named(one.persona_id))
        elif one.event == "split":
            sentences.append(
                f"{named(one.persona_id)} splits off from {named(other)} and "
                f"takes {one.share_of_old or 0:.0%} of it"
                + _traits_of(changes, one.persona_id)
            )
        elif one.event == "merged":
            sentences.append(
                f"{named(other)} merges into {named(one.persona_id)}, with "
                f"{one.share_of_old or 0:.0%} of its customers"
            )
        elif one.event == "retired":
            sentences.append(f"{named(one.persona_id)} retires")
    if born:
        are = "are" if len(born) > 1 else "is"
        sentences.insert(0, f"{', '.join(born)} {are} born")
    matched = [one.persona_id for one in events if one.event == "matched"]
    if matched:
        sentences.append(
            f"{', '.join(matched)} "
            + ("go on, each" if len(matched) > 1 else "goes on,")
            + " under its name and portrait"
        )
    return [f"{one}." for one in sentences]


def moves_in_words(difference: Difference, *, floor: int = 0) -> str:
    """Return how many customers move, in a sentence; a few, below a floor."""
    model = difference.model
    if model.moved_share is None or model.count_customers is None:
        return "There was no model with personas before it."
    count = round(model.moved_share * model.count_customers)
    if 0 < count < floor:
        return "A few customers would be in another persona than now."
    return (
        f"Of {model.count_customers:,} customers compared, {count:,} "
        f"({model.moved_share:.1%}) would be in another persona than now."
    )


def changes_in_words(difference: Difference) -> list[str]:
    """Return which claims change, by persona."""
    named = _Names(difference.names)
    of_both = [one for one in difference.changes if one.said_before != NEW]
    sentences = []
    for persona_id, changes in groupby(of_both, lambda one: one.persona_id):
        told = list(changes)
        parts = [
            f"{_label(one)} (was {DIRECTIONS[one.said_before]} the others, "
            f"now {DIRECTIONS[one.said_after]} them)"
            for one in told[:CHANGES_PER_PERSONA]
        ]
        if len(told) > CHANGES_PER_PERSONA:
            parts.append(f"{len(told) - CHANGES_PER_PERSONA} more")
        sentences.append(f"{named(persona_id)}: {'; '.join(parts)}.")
    return sentences


def claims_in_words(difference: Difference) -> str:
    """Return how many claims change, in a sentence."""
    count = sum(one.said_before != NEW for one in difference.changes)
    if not difference.count_claims:
        return "No claims can be compared."
    return (
        f"Of {difference.count_claims:,} claims about the personas that go "
        f"on, {count:,} ({count / difference.count_claims:.1%}) change."
    )


class _Names:
    """Personas as they are called: P03 (Robin Ashdown)."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def __call__(self, persona_id: str) -> str:
        name = self.names.get(persona_id)
        return f"{persona_id} ({name})" if name else persona_id


def _traits_of(changes: Sequence[Change], persona_id: str) -> str:
    own = [one for one in changes if one.persona_id == persona_id]
    own = [one for one in own if one.said_before == NEW]
    own.sort(key=lambda one: -abs(one.effect_after))
    parts = []
    for said in ("higher", "lower"):
        labels = [
            _label(one)
            for one in own[:CLAIMS_OF_A_NEW_ONE]
            if one.said_after == said
        ]
        if labels:
            parts.append(
                f"{DIRECTIONS[said]} the others in {', '.join(labels)}"
            )
    return f": {'; '.join(parts)}" if parts else ""


def _label(change: Change) -> str:
    from ml.narrative.rendering import trait_label

    english = load_language(SOURCE_LANGUAGE)
    return trait_label(change.trait, change.trait_value, english)
