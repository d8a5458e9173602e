"""Charts as Vega-Lite (and one ECharts) specifications: rows in, dict out.

Numbers, months and signs are written as the reader's language does, by the
locale in the specification, and the x axis runs from right to left where the
script does. Colours are those of the personas' cards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import escape

from orchestration.lib.languages import Language

Spec = dict[str, Any]
Row = Mapping[str, Any]

LINE_HEIGHT = 30  # pixels per row of a horizontal chart
FORMATS = {
    "share": ".0%",
    "money": ",.0f",
    "count": ",.0f",
    "number": ",.1f",
    "ratio": ",.2f",
    "score": ",.1f",
    "hours": ",.1f",
    "days": ",.0f",
}
MONTH_FORM = "%b %Y"


@dataclass(frozen=True)
class Look:
    """How charts look to a reader.

    Attributes
    ----------
    language : Language
    is_dark : bool
    """

    language: Language
    is_dark: bool

    @property
    def ink(self) -> str:
        """The colour of words."""
        return "#ecebe7" if self.is_dark else "#1f1d1a"

    @property
    def paper(self) -> str:
        """The colour of what is behind a chart."""
        return "#141517" if self.is_dark else "#faf9f6"

    @property
    def muted(self) -> str:
        """The colour of axes and notes."""
        return "#a9a69f" if self.is_dark else "#655f56"

    @property
    def line(self) -> str:
        """The colour of grids."""
        return "#33363a" if self.is_dark else "#e3ded4"

    @property
    def accent(self) -> str:
        """The colour of what is no persona."""
        return "#6cc9c4" if self.is_dark else "#0f6767"

    def config(self) -> Spec:
        """Return what all charts have in common."""
        axis = {
            "labelColor": self.muted,
            "titleColor": self.muted,
            "titleFontWeight": "normal",
            "gridColor": self.line,
            "domainColor": self.line,
            "tickColor": self.line,
            "labelFontSize": 12,
            "titleFontSize": 12,
        }
        return {
            "background": "transparent",
            "view": {"stroke": None},
            "axis": axis,
            "axisX": {"orient": "bottom"},
            "axisY": {"orient": "right" if self.is_mirrored else "left"},
            "legend": {
                "labelColor": self.ink,
                "titleColor": self.muted,
                "labelFontSize": 12,
                "orient": "bottom",
                "columns": 4,
                "labelLimit": 240,
            },
            "text": {"color": self.ink, "fontSize": 12},
            "locale": self.locale(),
        }

    @property
    def is_mirrored(self) -> bool:
        """Whether the x axis runs from right to left."""
        return self.language.is_right_to_left

    def locale(self) -> Spec:
        """Return the language's digits, separators and months, for d3."""
        language = self.language
        sample = language.number(1234.5, 1)
        digits = [language.digits(str(n)) for n in range(10)]
        marks = [mark for mark in sample if mark not in digits]
        months = range(1, 13)
        names = [language.month_name(month) for month in months]
        short = [language.month_name(month, "LLL") for month in months]
        return {
            "number": {
                "decimal": marks[-1],
                "thousands": marks[0],
                "grouping": [3],
                "currency": ["", ""],
                "numerals": digits,
                "percent": language.digits("%"),
            },
            "time": {
                "dateTime": "%x",
                "date": "%d.%m.%Y",
                "time": "%H:%M",
                "periods": ["", ""],
                "days": [""] * 7,
                "shortDays": [""] * 7,
                "months": names,
                "shortMonths": short,
            },
        }


def x_axis(look: Look, field: str, kind: str, **more: Any) -> Spec:
    """Return an x channel that runs in the direction of reading."""
    scale = {**more.pop("scale", {}), "reverse": look.is_mirrored}
    return {"field": field, "type": kind, "scale": scale, **more}


def colour(colours: Mapping[str, str], field: str, **more: Any) -> Spec:
    """Return a colour channel: names and their colours."""
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(colours), "range": list(colours.values())},
        "title": None,
        **more,
    }


def month_lines(
    rows: Sequence[Row],
    look: Look,
    *,
    colours: Mapping[str, str],
    unit: str,
    title: str,
    month_title: str,
) -> Spec:
    """Return lines over months; rows have month, name and value.

    A line breaks where a value is hidden.
    """
    values = [
        {
            "month": f"{row['month']:%Y-%m-%d}",
            "name": row["name"],
            "value": row["value"],
        }
        for row in rows
    ]
    form = FORMATS.get(unit, ",.1f")
    return {
        "config": look.config(),
        "height": 320,
        "data": {"values": values},
        "mark": {
            "type": "line",
            "strokeWidth": 2,
            "point": {"size": 28, "filled": True},
        },
        "encoding": {
            "x": x_axis(
                look,
                "month",
                "temporal",
                timeUnit="utcyearmonth",
                title=None,
                axis={
                    "format": MONTH_FORM,
                    "tickCount": 8,
                    "grid": False,
                    "labelOverlap": True,
                },
            ),
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": title,
                "axis": {"format": form, "tickCount": 5},
            },
            "color": colour(colours, "name"),
            "tooltip": [
                {"field": "name", "type": "nominal", "title": " "},
                {
                    "field": "month",
                    "type": "temporal",
                    "title": month_title,
                    "timeUnit": "utcyearmonth",
                    "format": MONTH_FORM,
                },
                {
                    "field": "value",
                    "type": "quantitative",
                    "title": title,
                    "format": form if unit != "share" else ".1%",
                },
            ],
        },
    }


def cohort_heatmap(
    rows: Sequence[Row],
    look: Look,
    *,
    cohort_title: str,
    age_title: str,
    value_title: str,
) -> Spec:
    """Return retention by cohort and age; rows have cohort, age and share."""
    values = [dict(row) for row in rows if row["share"] is not None]
    cohorts = list(dict.fromkeys(row["cohort"] for row in rows))
    ages = list(dict.fromkeys(row["age"] for row in rows))
    encoding = {
        "x": x_axis(
            look,
            "age",
            "ordinal",
            title=age_title,
            sort=ages,
            axis={"labelAngle": 0, "domain": False, "ticks": False},
        ),
        "y": {
            "field": "cohort",
            "type": "ordinal",
            "title": cohort_title,
            "sort": cohorts,
            "axis": {"domain": False, "ticks": False},
        },
    }
    return {
        "config": look.config(),
        "height": {"step": 44},
        "data": {"values": values},
        "encoding": encoding,
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 3},
                "encoding": {
                    "color": {
                        "field": "share",
                        "type": "quantitative",
                        "scale": {"range": _ramp(look), "domain": [0, 1]},
                        "legend": None,
                    },
                    "tooltip": [
                        {"field": "cohort", "title": cohort_title},
                        {"field": "age", "title": age_title},
                        {
                            "field": "share",
                            "title": value_title,
                            "format": ".1%",
                        },
                        {"field": "interval", "title": "95%"},
                        {"field": "customers", "title": "n", "format": ",.0f"},
                    ],
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12},
                "encoding": {
                    "text": {"field": "share", "format": ".0%"},
                    "color": {
                        "condition": {
                            "test": "datum.share > 0.55",
                            "value": "#141517" if look.is_dark else "#ffffff",
                        },
                        "value": look.ink,
                    },
                },
            },
        ],
    }


def _ramp(look: Look) -> list[str]:
    return ["#20302f", "#6cc9c4"] if look.is_dark else ["#eef3f0", "#0f6767"]


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
) -> Spec:
    """Return values with intervals about a line.

    Rows have name, value, low, high and kind, which the colour tells.
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
                "mark": {"type": "circle", "size": 90, "opacity": 1},
                "encoding": {
                    "x": x_axis(look, "value", "quantitative", title=title),
                    "y": y,
                    "color": paint,
                    "tooltip": tooltip,
                },
            },
        ],
    }


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
    values = [{**row, "day": f"{row['day']:%Y-%m-%d}"} for row in rows]
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
                axis={"format": MONTH_FORM, "tickCount": 8},
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
                {
                    "field": "day",
                    "type": "temporal",
                    "title": titles["day"],
                    "format": "%d %B %Y",
                },
            ],
        },
    }
