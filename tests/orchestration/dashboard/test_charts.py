"""Charts: what their specifications say."""

from __future__ import annotations

import json
from datetime import date

import pytest

from orchestration.dashboard import charts
from orchestration.dashboard.charts import Look
from orchestration.lib.languages import load_language

ENGLISH = Look(load_language("en"), is_dark=False)
PERSIAN = Look(load_language("fa"), is_dark=True)


@pytest.mark.parametrize(
    ("code", "decimal", "thousands", "seven", "june", "short"),
    [
        ("en", ".", ",", "7", "June 2026", "Jun"),
        ("fa", "٫", "٬", "۷", "ژوئن ۲۰۲۶", "ژوئن"),
        ("vi", ",", ".", "7", "tháng 6 năm 2026", "thg 6"),
    ],
)
def test_numbers_and_months_are_those_of_the_language(
    code: str, decimal: str, thousands: str, seven: str, june: str, short: str
) -> None:
    look = Look(load_language(code), is_dark=False)
    locale = look.locale()
    assert locale["number"]["decimal"] == decimal
    assert locale["number"]["thousands"] == thousands
    assert locale["number"]["numerals"][7] == seven
    spec = months(look)
    assert spec["data"]["values"][1]["written"] == june
    label = spec["encoding"]["x"]["axis"]["labelExpr"]
    assert json.loads(label.partition("[utcmonth")[0])[5] == short


def months(look: Look) -> charts.Spec:
    rows = [
        {"month": date(2026, 5, 1), "name": "A", "value": 3.0},
        {"month": date(2026, 6, 1), "name": "A", "value": None},
    ]
    return charts.month_lines(
        rows,
        look,
        colours={"A": "#123456"},
        unit="money",
        title="Net revenue (USD)",
        month_title="Month",
    )


def test_a_line_breaks_where_a_value_is_hidden() -> None:
    values = months(ENGLISH)["data"]["values"]
    assert values == [
        {
            "month": "2026-05-01",
            "written": "May 2026",
            "name": "A",
            "value": 3.0,
        },
        {
            "month": "2026-06-01",
            "written": "June 2026",
            "name": "A",
            "value": None,
        },
    ]


def test_the_axes_follow_the_script() -> None:
    for look, reverse, side in (
        (ENGLISH, False, "left"),
        (PERSIAN, True, "right"),
    ):
        spec = months(look)
        assert spec["encoding"]["x"]["scale"]["reverse"] is reverse
        assert spec["config"]["axisY"]["orient"] == side


def test_a_forest_keeps_the_order_and_draws_each_interval() -> None:
    rows = [
        {"name": "b", "value": 0.1, "low": -0.1, "high": 0.3, "kind": "k"},
        {"name": "a", "value": 0.2, "low": 0.1, "high": 0.3, "kind": "k"},
        {"name": "c", "value": None, "low": None, "high": None, "kind": "k"},
    ]
    spec = charts.forest(
        rows,
        ENGLISH,
        colours={"k": "#000000"},
        unit="share",
        title="Lift",
        low_title="from",
        high_title="to",
    )
    rule, interval, value = spec["layer"]
    assert rule["data"]["values"] == [{"zero": 0.0}]
    assert interval["encoding"]["y"]["sort"] == ["b", "a"]
    assert interval["encoding"]["x2"]["field"] == "high"
    assert value["encoding"]["x"]["field"] == "value"
    assert len(spec["data"]["values"]) == 2


def test_flows_join_both_sides() -> None:
    spec = charts.sankey(
        [{"source": "P01", "target": "P01", "value": 9, "text": "nine"}],
        ENGLISH,
        left={"P01": "Robin"},
        right={"P01": "Robin"},
        colours={"P01": "#123456"},
    )
    series = spec["series"][0]
    names = {node["name"] for node in series["data"]}
    assert all(
        {link["source"], link["target"]} <= names for link in series["links"]
    )
    assert json.dumps(spec)


def one_flow(look: Look) -> charts.Spec:
    return charts.sankey(
        [{"source": "P01", "target": "P02", "value": 9, "text": "nine"}],
        look,
        left={"P01": "<b>Robin"},
        right={"P02": "Alex"},
        colours={},
    )


def test_flows_begin_where_reading_does() -> None:
    # ECharts draws the source of a link on the left.
    for look, source in ((ENGLISH, "<P01"), (PERSIAN, ">P02")):
        (link,) = one_flow(look)["series"][0]["links"]
        assert link["source"] == source


def test_names_in_tooltips_are_no_markup() -> None:
    node = one_flow(ENGLISH)["series"][0]["data"][0]
    assert node["tooltip"]["formatter"] == "&lt;b&gt;Robin"
    assert node["label"]["formatter"] == "<b>Robin"


def test_limits_are_in_sight_of_small_bars() -> None:
    spec = charts.bars_to_limits(
        [{"name": "a", "value": 0.01}],
        ENGLISH,
        title="Drift",
        limits={"watch": (0.1, "#111111"), "act": (0.25, "#222222")},
    )
    bars, lines = spec["layer"]
    assert bars["encoding"]["x"]["scale"]["domain"][1] > 0.25
    assert [row["value"] for row in lines["data"]["values"]] == [0.1, 0.25]


def test_a_time_line_runs_over_its_period() -> None:
    spec = charts.events_on_a_line(
        [{"day": date(2026, 6, 30), "name": "A", "kind": "new", "text": "A"}],
        ENGLISH,
        colours={"new": "#123456"},
        titles={"event": "Event", "day": "Day"},
        period=(date(2024, 1, 31), date(2026, 6, 30)),
    )
    assert spec["encoding"]["x"]["scale"]["domain"] == [
        *("2024-01-31", "2026-06-30"),
    ]
