"""Colours: five harmonies from calm to rich, and faces of no human skin.

The value of a persona's customers chooses the palette; the persona itself
chooses its face tone, which is a paint (sage, lilac, sky, ...) and never a
colour of skin, and one of the palette's hair colours. One dark ink draws every
line, and stands out against every other colour, so that figure and ground stay
apart for every reader. Contrast is measured as WCAG 2.2 does.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = (1, 2, 3, 4, 5)

FACE_TONES: tuple[tuple[str, str], ...] = (
    ("#bcd6ae", "#9dbf8d"),  # sage
    ("#cfbdf0", "#b29be0"),  # lilac
    ("#ecdf74", "#d0bd45"),  # lemon
    ("#a9d0f0", "#82b4de"),  # sky
    ("#eab0e6", "#cf88cc"),  # orchid
    ("#a3dccb", "#7cc3ae"),  # mint
)


@dataclass(frozen=True)
class Palette:
    """One harmony.

    Attributes
    ----------
    ink : str
        Every line, and the dark parts.
    ground, form : str
        The background, and the form on it behind the person.
    cloth, trim : str
        The outfit and its second colour.
    prop, spark : str
        The things beside the person and their second colour.
    ledge : str
        What the person stands behind.
    paper : str
        Screens, labels, shirts.
    hairs : tuple of str
        Hair colours to choose from.
    """

    ink: str
    ground: str
    form: str
    cloth: str
    trim: str
    prop: str
    spark: str
    ledge: str
    paper: str
    hairs: tuple[str, ...]

    def colours(self, face: int, hair: int) -> dict[str, str]:
        """Return the colour of every role for a face tone and a hair."""
        skin, blush = FACE_TONES[face]
        return {
            "none": "none",
            "ink": self.ink,
            "ground": self.ground,
            "form": self.form,
            "cloth": self.cloth,
            "trim": self.trim,
            "prop": self.prop,
            "spark": self.spark,
            "ledge": self.ledge,
            "paper": self.paper,
            "hair": self.hairs[hair % len(self.hairs)],
            "skin": skin,
            "blush": blush,
        }


PALETTES: dict[int, Palette] = {
    1: Palette(
        ink="#26323d",
        ground="#eef1f0",
        form="#d5dfe0",
        cloth="#527d93",
        trim="#dfe7e6",
        prop="#d9a891",
        spark="#efd9ae",
        ledge="#b9c8cc",
        paper="#fbfbf8",
        hairs=("#3f4f5e", "#6a5d6e", "#4f6b6b"),
    ),
    2: Palette(
        ink="#22332f",
        ground="#eff3e4",
        form="#cfe0bf",
        cloth="#2f7f66",
        trim="#f3d98c",
        prop="#eeb45a",
        spark="#f7ead0",
        ledge="#a9c9a0",
        paper="#fffdf5",
        hairs=("#2f4a45", "#7a4f35", "#4d5a2c"),
    ),
    3: Palette(
        ink="#20304a",
        ground="#fdf1dd",
        form="#fbd79b",
        cloth="#2c6e9b",
        trim="#fbe9cb",
        prop="#f28c5b",
        spark="#8fd0d8",
        ledge="#f2b36c",
        paper="#fffaf0",
        hairs=("#27395c", "#8a3f32", "#37606e"),
    ),
    4: Palette(
        ink="#33203f",
        ground="#fde9e1",
        form="#fbb9a0",
        cloth="#8a3b78",
        trim="#fcd2b8",
        prop="#ee6c4d",
        spark="#ffd166",
        ledge="#e78f86",
        paper="#fff8f3",
        hairs=("#43264f", "#a03545", "#2d4b73"),
    ),
    5: Palette(
        ink="#22163f",
        ground="#efe3fb",
        form="#f6c453",
        cloth="#5a31a8",
        trim="#fbe3a4",
        prop="#e0457b",
        spark="#37c2a6",
        ledge="#b58cf0",
        paper="#fffaf0",
        hairs=("#2d1b5e", "#94215a", "#0d5f5c"),
    ),
}


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, 1.4.3).

    Parameters
    ----------
    first, second : str
        As ``#rrggbb``.
    """
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4
        for s in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
