"""Compare: what counts as a difference, and which figure is better."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.dashboard.differences import differences, telling
from orchestration.dashboard.views.compare import figures_of, paired, plain_row

PAIR = ("P01", "P02")


def trait(
    persona_id: str, value: float, half_width: float = 0.1, **more: Any
) -> dict[str, Any]:
    return {
        "persona_id": persona_id,
        "part": "behaviour",
        "trait": "orders_per_year",
        "trait_value": None,
        "statistic": "mean",
        "unit": "count",
        "basis": "observed",
        "source_entity": "orders",
        "persona_value": value,
        "baseline_value": 4.0,
        "interval_low": value - half_width,
        "interval_high": value + half_width,
        "count_known": 100,
        **more,
    }


def test_a_mean_is_told_in_the_deviation_its_interval_gives_back() -> None:
    # Of 100 customers, 0.196 either side of a mean is a deviation of 1.
    half = 1.959964 / 10
    (one,) = differences([trait("P01", 5, half)], [trait("P02", 3, half)])
    assert one.deviation == pytest.approx(1.0)
    assert one.size == pytest.approx(2.0)
    assert one.place(one.left, "persona_value") == pytest.approx(1.0)
    assert one.place(one.right, "interval_low") == pytest.approx(-1 - half)


def test_a_share_has_the_deviation_of_a_yes_or_no() -> None:
    share = {"statistic": "share", "baseline_value": 0.2}
    (one,) = differences(
        [trait("P01", 0.6, **share)], [trait("P02", 0.2, **share)]
    )
    assert one.deviation == pytest.approx(0.4)
    assert one.size == pytest.approx(1.0)


def test_intervals_that_touch_are_no_difference() -> None:
    apart = differences([trait("P01", 5)], [trait("P02", 4.7)])
    touching = differences([trait("P01", 5)], [trait("P02", 4.85)])
    assert [one.is_sure for one in (*apart, *touching)] == [True, False]
    assert telling(touching, 5) == []


def test_what_is_hidden_or_known_of_one_alone_is_left_out() -> None:
    hidden = trait("P01", 5) | {"interval_low": None}
    assert differences([hidden], [trait("P02", 3)]) == []
    assert differences([trait("P01", 5)], []) == []
    constant = [trait(one, 4, 0.0) for one in PAIR]
    assert differences(constant[:1], constant[1:]) == []


def test_the_value_that_differs_most_stands_for_its_trait() -> None:
    share = {"statistic": "share", "baseline_value": 0.3, "trait": "channel"}

    def mine(persona_id: str, web: float, app: float) -> list[dict[str, Any]]:
        return [
            trait(persona_id, web, 0.01, trait_value="web", **share),
            trait(persona_id, app, 0.01, trait_value="app", **share),
        ]

    found = differences(mine("P01", 0.5, 0.1), mine("P02", 0.3, 0.7))
    (one,) = telling(found, 5)
    assert one.left["trait_value"] == "app"
    assert telling(found, 5, part="goals") == []
    assert plain_row(one)["P02_persona_value"] == 0.7


def test_the_better_figure_is_the_lower_one_of_churn() -> None:
    rows = figures_of(
        [
            {
                "persona_id": persona_id,
                "metric": metric,
                "persona_value": value,
                "company_value": 0.05,
            }
            for persona_id, metric, value in (
                ("P01", "monthly_churn_share", 0.02),
                ("P02", "monthly_churn_share", 0.04),
                ("P01", "retained_share", 0.1),
                ("P02", "retained_share", 0.2),
                ("P01", "touched_share", 0.1),
                ("P02", "touched_share", 0.2),
                ("P01", "return_share", None),
                ("P02", "return_share", 0.2),
                ("P01", "discount_share", None),
                ("P02", "discount_share", None),
            )
        ],
        PAIR,
    )
    assert {row["metric"]: row["better"] for row in rows} == {
        "monthly_churn_share": "left",
        "retained_share": "right",
        "touched_share": None,  # neither more nor less is better
        "return_share": None,  # one is hidden
    }


def test_shares_of_both_stand_together_the_most_different_first() -> None:
    rows = [
        {"persona_id": "P01", "category": "books", "share": 0.2},
        {"persona_id": "P02", "category": "books", "share": 0.3},
        {"persona_id": "P01", "category": "toys", "share": 0.5},
        {"persona_id": "P02", "category": "toys", "share": None},
        {"persona_id": "P02", "category": "food", "share": 0.4},
    ]
    both = paired(rows, PAIR, "category", "share")
    assert [row["key"] for row in both] == ["toys", "food", "books"]
    assert both[1]["left"] is None
