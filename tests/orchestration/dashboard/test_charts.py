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
    ("code", "decimal", "thousands", "seven", "june"),
    [
        ("en", ".", ",", "7", "June"),
        ("fa", "٫", "٬", "۷", "ژوئن"),
        ("vi", ",", ".", "7", "tháng 6"),
    ],
)
def test_numbers_and_months_are_those_of_the_language(
    code: str, decimal: str, thousands: str, seven: str, june: str
) -> None:
    locale = Look(load_language(code), is_dark=False).locale()
    assert locale["number"]["decimal"] == decimal
    assert locale["number"]["thousands"] == thousands
    assert locale["number"]["numerals"][7] == seven
    assert locale["time"]["months"][5].lower() == june.lower()


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
        {"month": "2026-05-01", "name": "A", "value": 3.0},
        {"month": "2026-06-01", "name": "A", "value": None},
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
