"""Who is who: the parts a persona_id is drawn with.

Personas are numbered, and the number walks through the parts as through a
Latin square: the first twelve differ in hair and outfit both, and the next
twelve meet other pairs, until all 144 were there. Drawn by lot, two of twelve
would share their hair almost always. An id that is no number is hashed to one,
so that it too has one face for ever.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ml.portraits.palettes import FACE_TONES
from ml.portraits.people import (
    ACCESSORIES,
    BROWS,
    EYES,
    HAIR,
    HEADS,
    MOUTHS,
    NOSES,
    OUTFITS,
)
from ml.portraits.scenery import BACKGROUNDS


@dataclass(frozen=True)
class Features:
    """Positions in the lists of parts; the same for a persona_id for ever."""

    hair: int
    outfit: int
    head: int
    face_tone: int
    accessory: int
    background: int
    eyes: int
    brows: int
    nose: int
    mouth: int
    hair_colour: int
    looks_left: bool


def choose_features(persona_id: str) -> Features:
    """Return the parts of a persona.

    Parameters
    ----------
    persona_id : str
        Such as "P03"; any text is allowed.

    Returns
    -------
    Features
        The first twelve differ in hair and in outfit, each from each; any
        two of P01 to P288 in two or more of hair, outfit, head, face tone,
        accessory and background.
    """
    number = _number(persona_id)
    lap, place = divmod(number, len(HAIR))
    round_ = lap // len(OUTFITS)  # every pair of hair and outfit was there
    return Features(
        hair=place,
        outfit=(7 * place + lap) % len(OUTFITS),
        head=(place + lap + round_ // 6) % len(HEADS),
        face_tone=(5 * place + place // 6 + lap + round_) % len(FACE_TONES),
        accessory=(place + place // 6 + 2 * lap) % len(ACCESSORIES),
        background=(place + 3 * (place // 6) + 5 * lap + round_)
        % len(BACKGROUNDS),
        eyes=(place + place // 3 + lap) % len(EYES),
        brows=(place + place // 4 + lap) % len(BROWS),
        nose=(2 * place + place // 3 + lap) % len(NOSES),
        mouth=(3 * place + place // 4 + lap) % len(MOUTHS),
        hair_colour=place + place // 3 + lap,
        looks_left=(place + lap) % 2 == 1,
    )


def _number(persona_id: str) -> int:
    found = re.fullmatch(r"P([0-9]{1,9})", persona_id)
    if found and int(found.group(1)) > 0:
        return int(found.group(1)) - 1
    data = persona_id.encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.sha256(data).digest()[:6])
