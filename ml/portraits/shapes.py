"""A drawing is a tuple of shapes, a shape a colour role and an SVG path.

Drawings therefore are data: the same shapes take any palette, need no ids, no
style sheet and no scripts, and can be compared. Coordinates are those of the
480 × 480 view box; a prop stands on (0, 0) and is moved to its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

SIZE = 480
LINE_WIDTH = 6


class Shape(NamedTuple):
    """One path.

    Attributes
    ----------
    fill : str
        Role of its colour in the palette, or "none".
    path : str
        The ``d`` of an SVG path.
    is_outlined : bool
        Whether the ink line runs around it.
    """

    fill: str
    path: str
    is_outlined: bool = True


Drawing = tuple[Shape, ...]


def area(fill: str, path: str) -> Shape:
    """Return a filled shape with the ink line around it."""
    return Shape(fill, path)


def flat(fill: str, path: str) -> Shape:
    """Return a filled shape without a line."""
    return Shape(fill, path, is_outlined=False)


def line(path: str) -> Shape:
    """Return an ink line."""
    return Shape("none", path)


def disc(x: float, y: float, radius: float, height: float = 0) -> str:
    """Return the path of a circle, or of an ellipse with another height.

    ``radius`` and ``height`` are half axes.
    """
    down = height or radius
    return (
        f"M{x - radius:g} {y:g}"
        f"a{radius:g} {down:g} 0 1 1 {2 * radius:g} 0"
        f"a{radius:g} {down:g} 0 1 1 {-2 * radius:g} 0z"
    )


def box(x: float, y: float, width: float, height: float, round_: float) -> str:
    """Return the path of a rectangle with rounded corners."""
    r = round_
    across, down = width - 2 * r, height - 2 * r
    return (
        f"M{x + r:g} {y:g}h{across:g}a{r:g} {r:g} 0 0 1 {r:g} {r:g}"
        f"v{down:g}a{r:g} {r:g} 0 0 1 {-r:g} {r:g}"
        f"h{-across:g}a{r:g} {r:g} 0 0 1 {-r:g} {-r:g}"
        f"v{-down:g}a{r:g} {r:g} 0 0 1 {r:g} {-r:g}z"
    )


def write_shapes(shapes: Iterable[Shape], colours: Mapping[str, str]) -> str:
    """Return the SVG text of shapes, back to front.

    Raises
    ------
    KeyError
        When the palette lacks a role.
    """
    return "".join(
        f'<path fill="{colours[shape.fill]}"'
        + ("" if shape.is_outlined else ' stroke="none"')
        + f' d="{shape.path}"/>'
        for shape in shapes
    )
