"""A drawn portrait per persona: one face for ever, and what its data show.

A portrait is composed of drawn parts, not generated: generated faces carry the
skew of what they learnt from. The persona_id alone chooses the person, the
persona's strongest claims choose what stands beside it, the value of its
customers chooses the palette. The same arguments give the same bytes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from ml.portraits.features import choose_features
from ml.portraits.palettes import PALETTES
from ml.portraits.people import (
    ACCESSORIES,
    BROWS,
    CHEEKS,
    EARS,
    EYES,
    HAIR,
    HEADS,
    MOUTHS,
    NECK,
    NOSES,
    OUTFITS,
)
from ml.portraits.scenery import (
    BACKGROUNDS,
    GROUND,
    LEDGE,
    LEDGE_Y,
    PROPS,
    Prop,
)
from ml.portraits.shapes import LINE_WIDTH, SIZE, Drawing, write_shapes
from ml.portraits.traits import (
    choose_props,
    choose_value_level,
)
from ml.portraits.words import (
    MESSAGES,
    Phrase,
    describe_portrait,
)

__all__ = [
    "MESSAGES",
    "Phrase",
    "choose_props",
    "choose_value_level",
    "describe_portrait",
    "draw_portrait",
]

_PLACES = (386, 94)  # of the first and the second prop, from the left
_LIFT = 12  # of the shoulders
_GLANCE = 6  # how far the face turns towards the first prop
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw_portrait(
    persona_id: str,
    *,
    props: Sequence[str] = (),
    value_level: int = 3,
    title: str = "",
    description: str = "",
    title_id: str = "",
) -> str:
    """Return the portrait of a persona as the text of an SVG.

    Parameters
    ----------
    persona_id : str
        Chooses the person.
    props : sequence of str
        At most two things beside the person, as `choose_props` gives them.
    value_level : int
        Palette, 1 (calm) to 5 (rich), as `choose_value_level` gives it.
    title : str
        Alternative text; without one it is the English `describe_portrait`.
    description : str
        Longer text for ``desc``, if any.
    title_id : str
        Id of the title, for an ``aria-labelledby``: unique in the page. The
        portrait holds no other id, so that many can stand in one page.

    Returns
    -------
    str
        480 by 480 units, without scripts, references, fonts or styles.

    Raises
    ------
    ValueError
        When a prop, the level or the id of the title cannot be used.
    """
    if value_level not in PALETTES:
        raise ValueError(f"value_level is {value_level}: it must be 1 to 5.")
    if title_id and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", title_id):
        raise ValueError(
            f"title_id is {title_id!r}: begin with a letter, go on with "
            "letters, digits, '-' and '_'."
        )
    phrases = describe_portrait(persona_id, props=props)
    text = title or " ".join(phrase.text() for phrase in phrases)
    label = f' aria-labelledby="{title_id}"' if title_id else ""
    name = f' id="{title_id}"' if title_id else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" '
        f'role="img"{label}><title{name}>{_escaped(text)}</title>'
        + (f"<desc>{_escaped(description)}</desc>" if description else "")
        + _draw(persona_id, props, value_level)
        + "</svg>"
    )


def _draw(persona_id: str, props: Sequence[str], value_level: int) -> str:
    """Return the drawing, back to front."""
    features = choose_features(persona_id)
    palette = PALETTES[value_level]
    colours = palette.colours(features.face_tone, features.hair_colour)
    hair = HAIR[features.hair]
    accessory = ACCESSORIES[features.accessory]
    outfit = OUTFITS[features.outfit].front
    side = -1 if features.looks_left else 1

    def write(*drawings: Drawing) -> str:
        return "".join(write_shapes(drawing, colours) for drawing in drawings)

    face = write(
        CHEEKS,
        EYES[features.eyes],
        BROWS[features.brows],
        NOSES[features.nose],
        MOUTHS[features.mouth],
        accessory.front,
    )
    things = "".join(
        _placed(PROPS[prop], place, write(PROPS[prop].drawing))
        for place, prop in zip(_PLACES[::side], props, strict=False)
    )
    return (
        f'<g stroke="{palette.ink}" stroke-width="{LINE_WIDTH}" '
        'stroke-linecap="round" stroke-linejoin="round">'
        + write(
            GROUND,
            BACKGROUNDS[features.background],
            hair.back,
            NECK,
        )
        + _moved(0, -_LIFT, write(outfit, accessory.back))
        + write(EARS, HEADS[features.head])
        + _moved(side * _GLANCE, 0, face)
        + write(hair.front, accessory.top, LEDGE)
        + things
        + "</g>"
    )


def _placed(prop: Prop, x: int, shapes: str) -> str:
    """Put a thing on its place; the person is in the middle."""
    y = LEDGE_Y - prop.height
    if prop.faces_person and x < SIZE / 2:
        return f'<g transform="translate({x} {y}) scale(-1 1)">{shapes}</g>'
    return _moved(x, y, shapes)


def _moved(x: int, y: int, shapes: str) -> str:
    return f'<g transform="translate({x} {y})">{shapes}</g>'


def _escaped(text: str) -> str:
    """Escape a text, without the characters that XML does not allow."""
    return html.escape(_NOT_XML.sub("", text))
