"""What a portrait shows, in sentences that can be translated.

Messages are English; a catalogue translates the sentence and the words that
fill it each on its own. Names of parts therefore carry their article.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ml.portraits.features import choose_features
from ml.portraits.people import ACCESSORIES, HAIR, OUTFITS
from ml.portraits.scenery import PROPS
from ml.portraits.traits import MOST_PROPS

PERSON = "A drawn person with {hair}, dressed in {outfit}."
PERSON_WITH = "A drawn person with {hair} and {accessory}, dressed in {outfit}."
ONE_PROP = "Beside the person: {prop}."
TWO_PROPS = "Beside the person: {prop} and {other_prop}."

MESSAGES: tuple[str, ...] = (
    PERSON,
    PERSON_WITH,
    ONE_PROP,
    TWO_PROPS,
    *(part.words for part in (*HAIR, *OUTFITS, *ACCESSORIES) if part.words),
    *(prop.words for prop in PROPS.values()),
)


class Phrase(NamedTuple):
    """A sentence with places, and the words for the places.

    Attributes
    ----------
    message : str
        One of MESSAGES.
    words : dict of str to str
        Place to another one of MESSAGES.
    """

    message: str
    words: dict[str, str]

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence; ``translate`` turns a message into another."""
        words = {place: translate(word) for place, word in self.words.items()}
        return translate(self.message).format(**words)


def describe_portrait(
    persona_id: str, *, props: Sequence[str] = ()
) -> tuple[Phrase, ...]:
    """Return what the portrait shows, a sentence or two.

    Parameters
    ----------
    persona_id : str
    props : sequence of str
        As `draw_portrait` takes them.

    Returns
    -------
    tuple of Phrase
        Joined by a space they are the alternative text.

    Raises
    ------
    ValueError
        When a prop is unknown or there are more than two.

    Examples
    --------
    >>> [phrase.text() for phrase in describe_portrait("P01")]
    ['A drawn person with short curls, dressed in a striped sweater.']
    """
    features = choose_features(persona_id)
    words = {
        "hair": HAIR[features.hair].words,
        "outfit": OUTFITS[features.outfit].words,
    }
    accessory = ACCESSORIES[features.accessory].words
    if accessory:
        person = Phrase(PERSON_WITH, words | {"accessory": accessory})
    else:
        person = Phrase(PERSON, words)
    names = [PROPS[prop].words for prop in check_props(props)]
    if not names:
        return (person,)
    places = zip(("prop", "other_prop"), names, strict=False)
    message = ONE_PROP if len(names) == 1 else TWO_PROPS
    return (person, Phrase(message, dict(places)))


def check_props(props: Sequence[str]) -> tuple[str, ...]:
    """Return the props where they can be drawn, else raise ValueError."""
    unknown = [prop for prop in props if prop not in PROPS]
    if unknown:
        raise ValueError(
            f"There is no prop {unknown[0]!r}; there are {', '.join(PROPS)}."
        )
    if len(props) > MOST_PROPS or len(set(props)) < len(props):
        raise ValueError(
            f"props are {', '.join(props)}: at most {MOST_PROPS} different "
            "ones have room."
        )
    return tuple(props)
