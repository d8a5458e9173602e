"""Budget: what a reader wishes, and how amounts are put together."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ml.budget_allocation import Bounds
from ml.budget_choice import BudgetRules
from orchestration.dashboard import verdicts
from orchestration.dashboard.page import Page
from orchestration.dashboard.publication import Publication
from orchestration.dashboard.replanning import (
    Wishes,
    limits_of,
    plain_rows,
    rules_of,
)
from orchestration.dashboard.views import budget
from orchestration.dashboard.words import Words
from orchestration.lib.languages import load_language

PAGE = Page(
    Publication(Path("none"), "none"), Words(load_language("en")), False
)
LIMITS = {
    "email": Bounds(100.0, None),
    "sms": Bounds(None, 50.0),
    "total": Bounds(None, 900.0),
}


def test_no_wish_leaves_the_published_constraints() -> None:
    assert not Wishes().is_any
    assert limits_of(Wishes(), LIMITS) == LIMITS
    rules = BudgetRules(0.4, 0.9)
    assert rules_of(Wishes(), rules) == rules


def test_wishes_stand_over_the_published_constraints() -> None:
    wishes = Wishes(
        total=700.0, certainty=0.8, least={"email": 0.0}, most={"email": 200.0}
    )
    assert wishes.is_any
    assert limits_of(wishes, LIMITS) == {
        "email": Bounds(0.0, 200.0),
        "sms": Bounds(None, 50.0),
        "total": Bounds(700.0, 700.0),
    }
    assert rules_of(wishes, BudgetRules(0.4, 0.9)) == BudgetRules(0.4, 0.8)


def test_a_total_of_nothing_is_a_wish() -> None:
    assert Wishes(total=0.0).is_any


def test_what_is_no_number_is_none() -> None:
    frame = pd.DataFrame({"amount": [1.5, float("nan")], "name": ["a", "b"]})
    assert plain_rows(frame) == [
        {"amount": 1.5, "name": "a"},
        {"amount": None, "name": "b"},
    ]


CELLS = [
    {"channel": "email", "verdict": "keep", "amount": 10.0},
    {"channel": "email", "verdict": "no experiment", "amount": 90.0},
    {"channel": "sms", "verdict": "move", "amount": 30.0},
    {"channel": "sms", "verdict": "keep", "amount": None},
]


@pytest.mark.parametrize(
    ("is_tested", "sums"),
    [
        (True, {"sms": 30.0, "email": 10.0}),
        (False, {"email": 100.0, "sms": 30.0}),
    ],
)
def test_money_is_summed_the_largest_first(
    is_tested: bool, sums: dict[str, float]
) -> None:
    found = budget.summed(CELLS, "channel", "amount", is_tested=is_tested)
    assert list(found.items()) == list(sums.items())


def test_a_move_says_its_direction() -> None:
    row = {"verdict": "move", "planned_amount": 5.0, "reference_amount": 9.0}
    assert budget.judged(row) is verdicts.LESS
    assert budget.judged(row | {"planned_amount": 12.0}) is verdicts.MORE
    assert budget.judged(row | {"verdict": "keep"}) is verdicts.BUDGET["keep"]


def test_drawn_probabilities_are_never_certain() -> None:
    said = [
        budget.probability(PAGE, value).unescape()
        for value in (0.0, 0.42, 1.0, None)
    ]
    assert said == ["less than 1.0%", "42%", "more than 99%", "–"]


def test_the_way_back_leaves_other_filters_alone() -> None:
    parameters = {"lang": "fa", "move": "30", "least-email": "5", "by": "x"}
    assert budget.wishes_in(parameters) == ("move", "least-email")
