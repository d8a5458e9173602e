"""Charts over time: months of personas, ages of cohorts."""

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
            "written": look.language.month(row["month"]),
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
                    "labelExpr": look.months(),
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
                {"field": "written", "type": "nominal", "title": month_title},
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
