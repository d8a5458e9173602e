"""Charts of values with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.dashboard.charts.look import (
    FORMATS,
    LINE_HEIGHT,
    Look,
    Row,
    Spec,
    colour,
    x_axis,
)


def forest(
    rows: Sequence[Row],
    look: Look,
    *,
    colours: Mapping[str, str],
    unit: str,
    title: str,
    low_title: str,
    high_title: str,
    zero: float = 0.0,
    shapes: Mapping[str, str] | None = None,
) -> Spec:
    """Return values with intervals about a line.

    Rows have name, value, low, high and kind, which the colour tells, and the
    shape where there are some.
    """
    values = [dict(row) for row in rows if row["value"] is not None]
    order = [row["name"] for row in values]
    form = {"share": "+.1%"}.get(unit, FORMATS.get(unit, ",.1f"))
    y: Spec = {
        "field": "name",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {
            "labelLimit": 260,
            "labelColor": look.ink,
            "domain": False,
            "ticks": False,
            "labelPadding": 8,
        },
    }
    paint = colour(colours, "kind")
    tooltip = [
        {"field": "name", "title": " "},
        {"field": "value", "title": title, "format": form},
        {"field": "low", "title": low_title, "format": form},
        {"field": "high", "title": high_title, "format": form},
        {"field": "kind", "title": " "},
    ]
    return {
        "config": look.config(),
        "height": max(LINE_HEIGHT * len(values), 60),
        "data": {"values": values},
        "layer": [
            {
                "data": {"values": [{"zero": zero}]},
                "mark": {
                    "type": "rule",
                    "color": look.muted,
                    "strokeDash": [4, 3],
                },
                "encoding": {"x": x_axis(look, "zero", "quantitative")},
            },
            {
                "mark": {
                    "type": "rule",
                    "strokeWidth": 4,
                    "opacity": 0.45,
                    "strokeCap": "round",
                },
                "encoding": {
                    "x": x_axis(
                        look,
                        "low",
                        "quantitative",
                        title=title,
                        scale={"zero": False},
                        axis={"format": form, "tickCount": 6},
                    ),
                    "x2": {"field": "high"},
                    "y": y,
                    "color": paint,
                    "tooltip": tooltip,
                },
            },
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 90,
                    "opacity": 1,
                },
                "encoding": {
                    "x": x_axis(look, "value", "quantitative", title=title),
                    "y": y,
                    "color": paint,
                    **_shape(shapes, "kind"),
                    "tooltip": tooltip,
                },
            },
        ],
    }


def dumbbell(
    rows: Sequence[Row],
    look: Look,
    *,
    colours: Mapping[str, str],
    title: str,
    titles: Mapping[str, str],
) -> Spec:
    """Return two marks with intervals per name, joined by a line.

    Parameters
    ----------
    rows : sequence
        name, kind (whose mark), value, low, high; ``text`` is what the
        tooltip says of the value.
    look : Look
    colours : mapping
        Of the two kinds, which also differ by their shape.
    title : str
        Of the x axis.
    titles : mapping
        Of the tooltip's ``text``.
    """
    values = [dict(row) for row in rows]
    y: Spec = {
        "field": "name",
        "type": "nominal",
        "sort": list(dict.fromkeys(row["name"] for row in values)),
        "title": None,
        "axis": {
            "labelLimit": 320,
            "labelColor": look.ink,
            "domain": False,
            "ticks": False,
            "labelPadding": 8,
        },
    }
    paint = colour(colours, "kind")
    shapes = dict(zip(colours, ("circle", "diamond"), strict=False))
    tooltip = [
        {"field": "name", "title": " "},
        {"field": "kind", "title": " "},
        {"field": "text", "title": titles["text"]},
    ]
    x_title = {"title": title, "axis": {"format": ".1f", "tickCount": 6}}
    return {
        "config": look.config(),
        "height": {"step": LINE_HEIGHT},
        "data": {"values": values},
        "layer": [
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {
                    "type": "rule",
                    "color": look.muted,
                    "strokeDash": [4, 3],
                },
                "encoding": {"x": x_axis(look, "zero", "quantitative")},
            },
            {
                "mark": {
                    "type": "line",
                    "color": look.muted,
                    "opacity": 0.35,
                    "strokeWidth": 2,
                },
                "encoding": {
                    "x": x_axis(look, "value", "quantitative", **x_title),
                    "y": y,
                    "detail": {"field": "name", "type": "nominal"},
                },
            },
            {
                "mark": {
                    "type": "rule",
                    "strokeWidth": 5,
                    "opacity": 0.45,
                    "strokeCap": "round",
                },
                "encoding": {
                    "x": x_axis(look, "low", "quantitative", **x_title),
                    "x2": {"field": "high"},
                    "y": y,
                    "color": paint,
                    "tooltip": tooltip,
                },
            },
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 110,
                    "opacity": 1,
                },
                "encoding": {
                    "x": x_axis(look, "value", "quantitative", **x_title),
                    "y": y,
                    "color": paint,
                    **_shape(shapes, "kind"),
                    "tooltip": tooltip,
                },
            },
        ],
    }


def _shape(shapes: Mapping[str, str] | None, field: str) -> Spec:
    """Return a channel of shapes by what a field says, if there are some."""
    if not shapes:
        return {}
    names, marks = list(shapes), list(shapes.values())
    scale = {"domain": names, "range": marks}
    return {
        "shape": {
            "field": field,
            "type": "nominal",
            "title": None,
            "scale": scale,
        }
    }
