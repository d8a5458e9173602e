"""What all charts share: colours, axes, digits, the direction of reading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    "points": ",.0f",
    "score": ",.1f",
    "hours": ",.1f",
    "days": ",.0f",
}


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

    @property
    def onward(self) -> str:
        """The icon of a link that leads on, in the direction of reading."""
        return f":material/arrow_{'back' if self.is_mirrored else 'forward'}:"

    def months(self) -> str:
        """Return an expression that writes the months of an axis.

        d3 would write their years with Latin digits in every language.
        """
        months = range(1, 13)
        names = [self.language.month_name(month, "MMM") for month in months]
        return (
            f"{json.dumps(names)}[utcmonth(datum.value)] + ' ' + "
            "format(utcyear(datum.value), 'd')"
        )

    def locale(self) -> Spec:
        """Return the language's digits and separators, for d3."""
        language = self.language
        sample = language.number(1234.5, 1)
        digits = [language.digits(str(n)) for n in range(10)]
        marks = [mark for mark in sample if mark not in digits]
        return {
            "number": {
                "decimal": marks[-1],
                "thousands": marks[0],
                "grouping": [3],
                "currency": ["", ""],
                "numerals": digits,
                "percent": language.digits("%"),
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
