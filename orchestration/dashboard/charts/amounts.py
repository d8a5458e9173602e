"""Charts of amounts: side by side, and against limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.dashboard.charts.look import (
    FORMATS,
    Look,
    Row,
    Spec,
    colour,
    x_axis,
)


def side_by_side(
    rows: Sequence[Row],
    look: Look,
    *,
    colours: Mapping[str, str],
    unit: str,
    title: str,
) -> Spec:
    """Return two or more bars per name; rows have name, kind and value."""
    values = [dict(row) for row in rows if row["value"] is not None]
    names = list(dict.fromkeys(row["name"] for row in values))
    form = FORMATS.get(unit, ",.1f")
    return {
        "config": look.config(),
        "height": max(46 * len(names), 80),
        "data": {"values": values},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": names,
                "title": None,
                "axis": {
                    "labelLimit": 220,
                    "labelColor": look.ink,
                    "domain": False,
                    "ticks": False,
                },
            },
            "yOffset": {"field": "kind", "sort": list(colours)},
            "x": x_axis(
                look,
                "value",
                "quantitative",
                title=title,
                axis={"format": form, "tickCount": 6},
            ),
            "color": colour(colours, "kind"),
            "tooltip": [
                {"field": "name", "title": " "},
                {"field": "kind", "title": " "},
                {"field": "value", "title": title, "format": form},
            ],
        },
    }


def bars_to_limits(
    rows: Sequence[Row],
    look: Look,
    *,
    title: str,
    limits: Mapping[str, tuple[float, str]],
) -> Spec:
    """Return a bar per row, against limits; rows have name and value.

    Parameters
    ----------
    rows : sequence
    look : Look
    title : str
        Of the axis.
    limits : mapping
        Values and colours by what the limits are called.
    """
    colours = {name: tint for name, (_, tint) in limits.items()}
    lines = [
        {"limit": name, "value": value} for name, (value, _) in limits.items()
    ]
    most = max(float(row["value"]) for row in [*rows, *lines])
    x = x_axis(
        look,
        "value",
        "quantitative",
        title=title,
        scale={"domain": [0, most * 1.05]},
        axis={"format": ",.2f", "tickCount": 6},
    )
    return {
        "config": look.config(),
        "height": max(22 * len(rows), 60),
        "layer": [
            {
                "data": {"values": [dict(row) for row in rows]},
                "mark": {
                    "type": "bar",
                    "cornerRadiusEnd": 2,
                    "color": look.accent,
                    "size": 9,
                },
                "encoding": {
                    "x": x,
                    "y": {
                        "field": "name",
                        "type": "nominal",
                        "sort": [row["name"] for row in rows],
                        "title": None,
                        "axis": {
                            "labelLimit": 280,
                            "labelPadding": 6,
                            "labelColor": look.ink,
                            "domain": False,
                            "ticks": False,
                        },
                    },
                    "tooltip": [
                        {"field": "name", "title": " "},
                        {"field": "value", "title": title, "format": ",.3f"},
                    ],
                },
            },
            {
                "data": {"values": lines},
                "mark": {
                    "type": "rule",
                    "strokeWidth": 2,
                    "strokeDash": [5, 3],
                },
                "encoding": {
                    "x": x,
                    "color": colour(colours, "limit"),
                    "tooltip": [
                        {"field": "limit", "title": " "},
                        {"field": "value", "title": title, "format": ",.2f"},
                    ],
                },
            },
        ],
    }
