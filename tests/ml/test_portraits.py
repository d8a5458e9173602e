"""One face per persona_id, drawn from data, readable by everybody."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from ml.portraits import (
    MESSAGES,
    choose_props,
    choose_value_level,
    describe_portrait,
    draw_portrait,
)
from ml.portraits.features import choose_features
from ml.portraits.palettes import FACE_TONES, PALETTES, contrast
from ml.portraits.people import ACCESSORIES, HAIR, HEADS, OUTFITS
from ml.portraits.scenery import BACKGROUNDS, PROPS

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "desc", "g", "path"}
ATTRIBUTES = {
    *("viewBox", "role", "aria-labelledby", "id", "d", "transform", "fill"),
    *("stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"),
}
VISIBLE = ("hair", "outfit", "head", "face_tone", "accessory", "background")
HOSTILE = [
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<![CDATA[ ]]> &amp; <!-- -->",
    "\x00\x08\x1b\ufffe\ud800 P01",
    "{hair} %s ${x}",
    "",
    "unassigned",
    "P00",
    "P" + "9" * 5000,
]


def ids(count: int) -> list[str]:
    return [f"P{number:02d}" for number in range(1, count + 1)]


def every_portrait() -> list[str]:
    """Every part, prop and palette at least once."""
    names = list(PROPS)
    pairs = [*zip(names, names[1:] + names[:1], strict=True)]
    return [
        draw_portrait(
            persona_id,
            props=pairs[n % len(pairs)][: 1 + (n % 5 > 0)],
            value_level=n % 5 + 1,
            title_id=f"portrait-{n}",
            description="Longer text",
        )
        for n, persona_id in enumerate(ids(60))
    ]


def claims(*rows: tuple[str, str | None, float, bool]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["trait", "trait_value", "effect_size", "is_claim"]
    )


def test_a_portrait_is_the_same_in_every_run() -> None:
    """The bytes are those of the day it was drawn: a face is for ever."""
    drawn = [draw_portrait(persona_id) for persona_id in ids(40)]
    assert drawn == [draw_portrait(persona_id) for persona_id in ids(40)]
    first, other = choose_features("P01"), choose_features("robin")
    assert (HAIR[first.hair].words, OUTFITS[first.outfit].words) == (
        "short curls",
        "a striped sweater",
    )
    assert (HAIR[other.hair].words, OUTFITS[other.outfit].words) == (
        "long waves",
        "a wrap jacket",
    )


def test_a_persona_keeps_its_face_when_its_data_change() -> None:
    calm = draw_portrait("P04", props=["laptop"], value_level=1)
    rich = draw_portrait("P04", props=["laptop"], value_level=5)
    assert calm != rich
    paths = [
        [node.get("d") for node in ElementTree.fromstring(svg).iter()]
        for svg in (calm, rich)
    ]
    assert paths[0] == paths[1]
    tone = FACE_TONES[choose_features("P04").face_tone][0]
    assert tone in calm
    assert tone in rich


def test_the_first_twelve_differ_in_hair_and_outfit() -> None:
    features = [choose_features(persona_id) for persona_id in ids(12)]
    assert len({one.hair for one in features}) == 12
    assert len({one.outfit for one in features}) == 12


def test_any_two_differ_in_two_visible_features() -> None:
    features = [choose_features(persona_id) for persona_id in ids(288)]
    for one, other in combinations(features, 2):
        count = sum(
            getattr(one, name) != getattr(other, name) for name in VISIBLE
        )
        assert count >= 2, (one, other)


def test_parts_that_count_as_different_are_drawn_differently() -> None:
    for parts in (HAIR, OUTFITS, ACCESSORIES):
        assert len({(p.front, p.back, p.top) for p in parts}) == len(parts)
        assert len({part.words for part in parts}) == len(parts)
    assert len(set(HEADS)) == len(HEADS)
    assert len(set(BACKGROUNDS)) == len(BACKGROUNDS)
    assert len(set(FACE_TONES)) == len(FACE_TONES)


def test_headphones_never_meet_a_hat_or_a_bun() -> None:
    barred = {"a wide-brimmed hat", "a top knot", "two buns", "a tall quiff"}
    for persona_id in ids(600):
        features = choose_features(persona_id)
        if ACCESSORIES[features.accessory].words == "headphones":
            assert HAIR[features.hair].words not in barred


def test_portraits_hold_drawing_and_nothing_else() -> None:
    """An allow-list: no script, style, reference, font or event handler."""
    seen = set()
    for svg in every_portrait():
        assert len(svg.encode()) < 12_000
        for node in ElementTree.fromstring(svg).iter():
            assert node.tag.removeprefix(SVG) in ELEMENTS
            assert set(node.attrib) <= ATTRIBUTES
            values = "".join(node.attrib.values())
            assert "url(" not in values
            assert ":" not in values
            seen.add(node.get("d"))
    parts = (*HAIR, *OUTFITS, *ACCESSORIES)
    drawings = [d for part in parts for d in (part.front, part.back, part.top)]
    drawings += [prop.drawing for prop in PROPS.values()]
    assert {shape.path for drawing in drawings for shape in drawing} <= seen


def test_portraits_share_no_id() -> None:
    found = [
        node.get("id")
        for svg in every_portrait()
        for node in ElementTree.fromstring(svg).iter()
        if node.get("id")
    ]
    assert len(found) == len(set(found)) > 0
    assert ' id="' not in draw_portrait("P01")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    svg = draw_portrait(text, title=text, description=text)
    svg.encode("utf-8")
    root = ElementTree.fromstring(svg)
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= ELEMENTS
    title = root.find(f"{SVG}title")
    assert title is not None
    if text.isascii() and text.isprintable() and text:
        assert title.text == text
    assert draw_portrait(text).count("<svg ") == 1


def test_the_title_names_the_picture() -> None:
    svg = draw_portrait("P01", title="Robin", title_id="p01-title")
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "p01-title"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert (title.get("id"), title.text) == ("p01-title", "Robin")
    assert "A drawn person with short curls" in draw_portrait("P01")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"value_level": 0}, "value_level is 0"),
        ({"value_level": 6}, "must be 1 to 5"),
        ({"props": ["spoon"]}, "no prop 'spoon'; there are smartphone"),
        ({"props": ["lamp", "lamp"]}, "at most 2 different"),
        ({"props": ["lamp", "plant", "laptop"]}, "at most 2 different"),
        ({"title_id": '" onload="x'}, "begin with a letter"),
        ({"title_id": "1a"}, "begin with a letter"),
        ({"title_id": "a\n"}, "begin with a letter"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw_portrait("P01", **arguments)


@pytest.mark.parametrize("level", PALETTES)
def test_figure_and_ground_stay_apart(level: int) -> None:
    """3:1 for shapes (WCAG 1.4.11); the ink line on every light colour 4:1."""
    palette = PALETTES[level]
    grounds = (palette.ground, palette.form)
    for figure in (palette.cloth, *palette.hairs):
        assert min(contrast(figure, ground) for ground in grounds) >= 3
    tones = [tone for tone, _ in FACE_TONES]
    assert all(contrast(h, t) >= 3 for h in palette.hairs for t in tones)
    light = (
        *grounds,
        *tones,
        *(blush for _, blush in FACE_TONES),
        *(palette.trim, palette.prop, palette.spark),
        *(palette.ledge, palette.paper),
    )
    assert min(contrast(palette.ink, colour) for colour in light) >= 4


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_palettes_grow_richer() -> None:
    """The calm end is the least colourful, the rich end the most."""

    def chroma(colour: str) -> int:
        parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        return max(parts) - min(parts)

    colourful = [
        sum(map(chroma, (p.ground, p.form, p.cloth, p.prop, p.ledge)))
        for _, p in sorted(PALETTES.items())
    ]
    assert colourful[0] < colourful[1] < min(colourful[2:])
    assert colourful[4] == max(colourful)


def test_faces_have_no_colour_of_skin() -> None:
    """Human skin lies between hues of 0 and 45 degrees."""
    for tone, blush in FACE_TONES:
        for colour in (tone, blush):
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            hue = np.degrees(
                np.arctan2(3**0.5 * (green - blue), 2 * red - green - blue)
            )
            assert not -20 <= hue <= 45, colour


def test_props_are_the_strongest_positive_claims() -> None:
    frame = claims(
        ("discount_share", None, 0.9, True),
        ("store_order_share", None, -2.0, True),
        ("app_order_share", None, 1.4, True),
        ("tickets_per_year", None, 3.0, False),
        ("age_band", "35_44", 5.0, True),
        ("return_share", None, 0.5, True),
    )
    before = frame.copy()
    assert choose_props(frame) == ("smartphone", "price_tag")
    assert choose_props(frame.iloc[::-1]) == ("smartphone", "price_tag")
    pd.testing.assert_frame_equal(frame, before)


def test_two_claims_on_one_thing_show_it_once() -> None:
    frame = claims(
        ("app_order_share", None, 2.0, True),
        ("mobile_session_share", None, 1.5, True),
        ("avg_items_per_order", None, 0.4, True),
    )
    assert choose_props(frame) == ("smartphone", "basket")


def test_equal_claims_go_by_name() -> None:
    frame = claims(
        ("return_share", None, 1.0, True),
        ("discount_share", None, 1.0, True),
        ("app_order_share", None, 1.0, True),
    )
    assert choose_props(frame) == ("smartphone", "price_tag")
    assert choose_props(frame.iloc[[1, 2, 0]]) == ("smartphone", "price_tag")


def test_channels_and_categories_are_read_from_their_values() -> None:
    frame = claims(
        ("order_channel", "phone", 1.0, True),
        ("favourite_category", "garden", 0.8, True),
    )
    assert choose_props(frame) == ("telephone", "plant")
    assert choose_props(claims(("marital_status", "phone", 1.0, True))) == ()


@pytest.mark.parametrize(
    "frame",
    [
        claims(),
        claims(("app_order_share", None, np.nan, True)),
        claims(("app_order_share", None, -2.0, True)),
        pd.DataFrame(
            {
                "trait": ["app_order_share"],
                "trait_value": pd.array([pd.NA], dtype="string"),
                "effect_size": [1.0],
                "is_claim": pd.array([pd.NA], dtype="boolean"),
            }
        ),
    ],
)
def test_without_claims_nothing_stands_beside(frame: pd.DataFrame) -> None:
    assert choose_props(frame) == ()
    assert "Beside" not in draw_portrait("P01", props=choose_props(frame))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="'effect_size' is missing"):
        choose_props(claims().drop(columns="effect_size"))


@pytest.mark.parametrize(
    ("ratio", "level"),
    [
        (0.0, 1),
        (0.49, 1),
        (0.5, 2),
        (1.0, 3),
        (1.25, 4),
        (2.0, 5),
        (np.inf, 5),
        (np.nan, 3),
        (None, 3),
    ],
)
def test_the_palette_follows_value(ratio: float | None, level: int) -> None:
    assert choose_value_level(ratio) == level


def test_descriptions_are_made_of_messages_alone() -> None:
    """What a catalogue translates is all there is to translate."""
    names = list(PROPS)
    used = set()
    for n, persona_id in enumerate(ids(144)):
        props = (names + names)[n % len(names) :][: n % 3]
        for phrase in describe_portrait(persona_id, props=props):
            used |= {phrase.message, *phrase.words.values()}
            text = phrase.text()
            assert text.endswith(".")
            assert "{" not in text
    assert used == set(MESSAGES)
    assert len(MESSAGES) == len(set(MESSAGES))


def test_descriptions_are_translated_whole() -> None:
    words = {message: message.upper() for message in MESSAGES}
    words |= {
        message: message.replace("Beside the person", "Kinh")
        for message in MESSAGES
        if "{" in message
    }
    person, things = describe_portrait("P01", props=["lamp", "plant"])
    assert things.text(words.__getitem__) == (
        "Kinh: A LIT LAMP and A POTTED PLANT."
    )
    assert person.text() == (
        "A drawn person with short curls, dressed in a striped sweater."
    )
