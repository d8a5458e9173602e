"""What stands around a person: the background's form and the props.

A background belongs to the persona; props say what its customers do. A prop
stands on (0, 0) and reaches about 130 up and 65 to each side.
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.portraits.shapes import SIZE, Drawing, area, box, disc, flat, line

LEDGE_Y = 440

GROUND: Drawing = (flat("ground", f"M0 0H{SIZE}V{SIZE}H0z"),)
LEDGE: Drawing = (area("ledge", f"M-9 {LEDGE_Y}H489V489H-9z"),)

BACKGROUNDS: tuple[Drawing, ...] = (
    (flat("form", disc(240, 236, 196)),),
    (flat("form", "M76 480V200A164 164 0 0 1 404 200V480z"),),
    (
        flat(
            "form",
            "M70 250C56 140 130 40 246 42C366 44 436 138 424 250"
            "C414 352 350 436 236 432C132 428 82 348 70 250z",
        ),
    ),
    (
        flat("form", disc(366, 112, 62)),
        flat("form", "M0 300Q110 196 236 270Q350 190 480 262V480H0z"),
    ),
    (flat("form", "M0 480V330L330 0H480V150L150 480z"),),
    (
        flat("form", box(52, 52, 180, 180, 28) + box(248, 52, 180, 180, 28)),
        flat("form", box(52, 248, 180, 180, 28) + box(248, 248, 180, 180, 28)),
    ),
)


@dataclass(frozen=True)
class Prop:
    """A thing beside the person.

    Attributes
    ----------
    words : str
        What it is called, in English; a message to translate.
    drawing : tuple of Shape
    height : int
        How far over the ledge its place is: 0, or more for what floats.
    faces_person : bool
        Whether it is drawn for the right side, and mirrored on the left.
    """

    words: str
    drawing: Drawing
    height: int = 0
    faces_person: bool = False


_HAND: Drawing = (
    area("cloth", "M-34 4L-28 -34H30L38 4z"),
    area(
        "skin", "M-30 -34C-50 -60 -44 -92 -30 -96L34 -92C46 -80 44 -54 30 -34z"
    ),
)
_FINGERS: Drawing = (
    area("skin", box(16, -126, 37, 23, 11)),
    area("skin", box(12, -103, 40, 23, 11)),
    area("skin", box(14, -80, 33, 22, 11)),
    area("skin", "M-42 -72Q-50 -112 -36 -124Q-24 -122 -26 -104L-24 -84z"),
)

PROPS: dict[str, Prop] = {
    "smartphone": Prop(
        "a smartphone",
        (
            *_HAND,
            area("ink", box(-38, -190, 76, 132, 14)),
            flat("paper", box(-28, -178, 56, 104, 5)),
            flat("prop", box(-20, -168, 40, 34, 5)),
            flat("spark", "M-20 -122H20V-112H-20zM-20 -104H6V-94H-20z"),
            *_FINGERS,
        ),
        faces_person=True,
    ),
    "laptop": Prop(
        "a laptop",
        (
            area("ink", box(-66, -108, 132, 98, 12)),
            flat("paper", box(-54, -97, 108, 76, 4)),
            flat("prop", "M-54 -97H54V-79H-54z"),
            flat("spark", box(-42, -68, 38, 36, 4)),
            flat("ink", "M8 -68H42V-60H8zM8 -50H34V-42H8z"),
            area("prop", "M-80 -12H80L72 2H-72z"),
        ),
    ),
    "shop_bag": Prop(
        "a shopping bag",
        (
            line("M-26 -92V-112A26 26 0 0 1 26 -112V-92"),
            area("prop", "M-52 -96H52L60 2H-60z"),
            flat("spark", "M-56 -24H56L58 -6H-58z"),
            line("M-26 -76Q0 -40 26 -76"),
        ),
    ),
    "telephone": Prop(
        "a telephone",
        (
            area("prop", "M-34 -72H34L62 -8Q64 2 54 2H-54Q-64 2 -62 -8z"),
            area("paper", disc(0, -34, 25)),
            flat("ink", disc(0, -34, 8)),
            area(
                "prop",
                "M-68 -80C-72 -132 72 -132 68 -80Q66 -66 50 -68L34 -72"
                "Q26 -76 28 -90Q0 -98 -28 -90Q-26 -76 -34 -72L-50 -68"
                "Q-66 -66 -68 -80z",
            ),
        ),
    ),
    "play_screen": Prop(
        "a screen with a play button",
        (
            area("ink", "M-30 2L-12 -24H12L30 2z"),
            area("ink", box(-72, -124, 144, 104, 16)),
            flat("spark", box(-61, -113, 122, 82, 7)),
            area("paper", disc(0, -72, 27)),
            flat("ink", "M-8 -87L16 -72L-8 -57z"),
            flat("prop", disc(46, -100, 9)),
        ),
    ),
    "lamp": Prop(
        "a lit lamp",
        (
            flat("trim", "M-34 -96H34L62 -6H-62z"),
            line("M0 -96V-12"),
            area("paper", disc(0, -96, 14)),
            area("prop", "M-46 -96L-27 -146H27L46 -96z"),
            area("prop", box(-32, -14, 64, 16, 7)),
        ),
    ),
    "price_tag": Prop(
        "a price tag",
        (
            line("M2 -124C-14 -164 40 -172 52 -142"),
            area(
                "prop",
                "M-50 -84L-12 -130Q2 -144 18 -132L58 -96Q66 -88 62 -78"
                "L38 -4Q34 4 24 2L-46 -18Q-56 -22 -54 -32z",
            ),
            area("paper", disc(4, -112, 9)),
            line("M-22 -30L32 -68"),
            flat("ink", disc(-18, -62, 9)),
            flat("ink", disc(28, -34, 9)),
        ),
    ),
    "basket": Prop(
        "a full basket",
        (
            area("spark", "M-48 -56L-40 -122Q-24 -134 -16 -120L-10 -56z"),
            area("paper", box(-8, -112, 32, 64, 6)),
            flat("ink", "M-5 -92H21V-78H-5z"),
            area("prop", disc(36, -70, 24)),
            line("M36 -92Q36 -104 46 -106"),
            area("trim", "M-70 -66H70V-48H64L54 2H-54L-64 -48H-70z"),
            line("M-64 -48H64M-32 -34L-28 -12M0 -34V-12M32 -34L28 -12"),
        ),
    ),
    "parcel": Prop(
        "a parcel",
        (
            area("prop", "M-62 -82H62V2H-62z"),
            area("spark", "M-50 -106H50L62 -82H-62z"),
            area("paper", "M-14 -106H14L18 -82V-62H-18V-82z"),
            line("M-16 -54L-32 -40L-16 -26M-30 -40H16A13 13 0 0 1 16 -14H-4"),
        ),
    ),
    "plant": Prop(
        "a potted plant",
        (
            line("M0 -50V-116"),
            area(
                "spark",
                "M0 -62C-10 -100 -46 -104 -62 -92C-58 -66 -30 -48 0 -62z",
            ),
            area("spark", "M0 -72C4 -112 38 -122 58 -112C58 -84 32 -62 0 -72z"),
            area(
                "spark",
                "M0 -96C-26 -116 -24 -146 -4 -160C18 -148 22 -118 0 -96z",
            ),
            area("prop", "M-42 -58H42L32 2H-32z"),
            area("prop", box(-48, -64, 96, 20, 6)),
        ),
    ),
    "speech_bubble": Prop(
        "a speech bubble",
        (
            area(
                "paper",
                "M-44 -60C-44 -122 72 -122 72 -60C72 -30 44 -14 10 -14"
                "L-20 6L-18 -20Q-44 -34 -44 -60z",
            ),
            flat("ink", disc(-12, -60, 8)),
            flat("ink", disc(14, -60, 8)),
            flat("ink", disc(40, -60, 8)),
        ),
        height=270,
        faces_person=True,
    ),
}
