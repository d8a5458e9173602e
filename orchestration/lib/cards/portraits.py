"""Portraits as images: a drawing, a house photo, or else an initial.

A portrait is embedded as an image, in which a browser runs nothing and loads
nothing; and a drawing that holds more than shapes and colours is not embedded
at all.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from orchestration.lib.cards.deck import CardsError
from orchestration.lib.portrait_files import PortraitError, read_house_photo

SVG = "http://www.w3.org/2000/svg"
DRAWN = "drawn"
MOST_SVG = 300_000  # characters

ELEMENTS = {
    *("svg", "g", "defs", "title", "desc", "use"),
    *("path", "circle", "ellipse", "rect", "line", "polyline", "polygon"),
    *("clipPath", "mask", "linearGradient", "radialGradient", "stop"),
}
ATTRIBUTES = {
    *("id", "version", "viewBox", "preserveAspectRatio", "transform", "role"),
    *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "d"),
    *("fx", "fy", "width", "height", "points", "offset", "opacity"),
    *("fill", "fill-opacity", "fill-rule", "clip-rule", "clip-path", "mask"),
    *("stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"),
    *("stroke-opacity", "stroke-miterlimit", "stroke-dasharray"),
    *("stop-color", "stop-opacity", "color", "shape-rendering"),
    *("gradientUnits", "gradientTransform", "clipPathUnits", "maskUnits"),
    *("href", "aria-label", "aria-labelledby", "aria-hidden", "focusable"),
    "spreadMethod",
}
WORDS = {"aria-label", "aria-labelledby"}  # attributes that hold free text
VALUE = re.compile(r"[\w\s.,;()%+#-]*", re.ASCII)
LOCAL = re.compile(r"(url\()?#[A-Za-z][\w-]*\)?", re.ASCII)


def portrait_uri(
    portrait: str | None, svg: str | None, name: str, photos: Path | None
) -> str:
    """Return the portrait as a data URI.

    Parameters
    ----------
    portrait : str or None
        ``drawn``, or the file name of a house photo.
    svg : str or None
        The drawing.
    name : str
        Whose initial is drawn where there is nothing else.
    photos : Path or None
        The folder of the house photos; without it no photo is used.

    Raises
    ------
    CardsError
        When the photo is not there, or is none that may be shown.
    """
    if photos is not None and portrait not in (None, "", DRAWN):
        return _photo_uri(photos, str(portrait))
    drawing = safe_svg(svg or "") or _initial(name)
    return _uri("image/svg+xml", drawing.encode())


def safe_svg(text: str) -> str | None:
    """Return a drawing of shapes and colours alone; None for any other."""
    # A lone surrogate cannot be written; a declaration may hold entities.
    if len(text) > MOST_SVG or re.search(r"<[!?]|[\ud800-\udfff]", text):
        return None
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return None
    if root.tag != f"{{{SVG}}}svg" or not all(map(_is_safe, root.iter())):
        return None
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _is_safe(element: ElementTree.Element) -> bool:
    name = element.tag.removeprefix(f"{{{SVG}}}")
    has_text = bool((element.text or "").strip()) and name not in (
        "title",
        "desc",
    )
    return (
        name in ELEMENTS
        and not has_text
        and all(_is_safe_value(*pair) for pair in element.attrib.items())
    )


def _is_safe_value(attribute: str, value: str) -> bool:
    if attribute not in ATTRIBUTES:
        return False
    if attribute in WORDS:
        return True
    if attribute == "href" or "url" in value.lower():
        return bool(LOCAL.fullmatch(value.strip()))
    return bool(VALUE.fullmatch(value))


def _initial(name: str) -> str:
    letter = next((sign for sign in name if sign.isalnum()), "?").upper()[:1]
    return (
        f'<svg xmlns="{SVG}" viewBox="0 0 100 100">'
        '<rect width="100" height="100" fill="#8a8579"/>'
        '<text x="50" y="68" font-size="52" text-anchor="middle" fill="#fff" '
        f'font-family="serif">{escape(letter)}</text></svg>'
    )


def _photo_uri(photos: Path, name: str) -> str:
    try:
        return _uri(*read_house_photo(photos, name))
    except PortraitError as error:
        raise CardsError(str(error)) from error


def _uri(kind: str, picture: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(picture).decode('ascii')}"
