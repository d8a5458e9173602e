"""Charts of what changed: flows between personas, events of their lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import escape

from orchestration.dashboard.charts.look import (
    LINE_HEIGHT,
    Look,
    Row,
    Spec,
    colour,
    x_axis,
)


def sankey(
    rows: Sequence[Row],
    look: Look,
    *,
    left: Mapping[str, str],
    right: Mapping[str, str],
    colours: Mapping[str, str],
) -> Spec:
    """Return flows as an ECharts option; rows have source, target, value, text.

    Parameters
    ----------
    rows : sequence
        Texts are HTML.
    look : Look
    left, right : mapping
        Names on either side by id, from top to bottom.
    colours : mapping
        By id.
    """
    nodes = [
        {
            "name": f"{side}{node}",
            "tooltip": {"formatter": str(escape(text))},
            "itemStyle": {"color": colours.get(node, look.muted)},
            "label": {
                "formatter": text,
                "position": position,
                "color": look.ink,
                "fontSize": 12,
                "textBorderColor": look.paper,
                "textBorderWidth": 3,
            },
        }
        for side, names, position in (
            ("<", left, "right" if not look.is_mirrored else "left"),
            (">", right, "left" if not look.is_mirrored else "right"),
        )
        for node, text in names.items()
    ]
    links = [
        {
            **_ends(f"<{row['source']}", f">{row['target']}", look),
            "value": row["value"],
            "lineStyle": {
                "color": colours.get(row["source"], look.muted),
                "opacity": 0.18 if row["source"] == row["target"] else 0.5,
            },
            "tooltip": {"formatter": row["text"]},
        }
        for row in rows
    ]
    return {
        "tooltip": {"trigger": "item", "confine": True},
        "series": [
            {
                "type": "sankey",
                "data": nodes,
                "links": links,
                "layoutIterations": 0,
                "nodeGap": 14,
                "nodeWidth": 14,
                "left": 8,
                "right": 8,
                "top": 8,
                "bottom": 8,
                "draggable": False,
                "emphasis": {"focus": "adjacency"},
            }
        ],
    }


def _ends(source: str, target: str, look: Look) -> Spec:
    """Return the ends of a flow; ECharts draws its source on the left."""
    if look.is_mirrored:
        source, target = target, source
    return {"source": source, "target": target}


def events_on_a_line(
    rows: Sequence[Row],
    look: Look,
    *,
    colours: Mapping[str, str],
    titles: Mapping[str, str],
    period: tuple[date, date],
) -> Spec:
    """Return events over time; rows have day, name, kind and text.

    The line runs from the first to the last day of the period, at least.
    """
    values = [
        {
            **row,
            "day": f"{row['day']:%Y-%m-%d}",
            "written": look.language.date(row["day"]),
        }
        for row in rows
    ]
    names = list(dict.fromkeys(row["name"] for row in values))
    return {
        "config": look.config(),
        "height": max(LINE_HEIGHT * len(names), 60),
        "data": {"values": values},
        "mark": {"type": "point", "filled": True, "size": 140, "opacity": 1},
        "encoding": {
            "x": x_axis(
                look,
                "day",
                "temporal",
                title=None,
                timeUnit="utcyearmonthdate",
                scale={"domain": [f"{day:%Y-%m-%d}" for day in period]},
                axis={"labelExpr": look.months(), "tickCount": 8},
            ),
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": names,
                "title": None,
                "axis": {
                    "labelLimit": 260,
                    "labelColor": look.ink,
                    "grid": True,
                    "domain": False,
                    "ticks": False,
                },
            },
            "color": colour(colours, "kind"),
            "shape": {
                "field": "kind",
                "type": "nominal",
                "title": None,
                "scale": {
                    "domain": list(colours),
                    "range": [
                        "circle",
                        "diamond",
                        "triangle-up",
                        "square",
                        "cross",
                    ][: len(colours)],
                },
            },
            "tooltip": [
                {"field": "name", "title": " "},
                {"field": "text", "title": titles["event"]},
                {"field": "written", "title": titles["day"]},
            ],
        },
    }
