"""On made-up companies the plan brings more, by what was planted.

The truth is worked out from the planted lifts, apart from the estimator; the
persons' personas are the planted ones. One company goes through the warehouse,
with the personas that it finds, in tests/orchestration/test_budget.py.
"""

from __future__ import annotations

import pytest
from planted_budget import PlantedBudget, planted_budget, true_margin

from ml.budget import BudgetPlan, plan_budget
from ml.synthetic import generate

ENOUGH = 15_000  # customers of a company whose campaigns can be ranked
SEEDS = range(10)


def planned(
    seed: int, *, customers: int = ENOUGH, equal_responses: bool = False
) -> tuple[BudgetPlan, PlantedBudget]:
    company = generate(customers, seed=seed, equal_responses=equal_responses)
    planted = planted_budget(company)
    return plan_budget(planted.spend, planted.arms), planted


def true_gain(
    plan: BudgetPlan, planted: PlantedBudget, *, doubling_adds: float
) -> float:
    """Return what the plan really brings more than today's split."""
    cells = plan.cells.set_index(["persona_id", "channel"])
    today = cells["current_amount"]
    return true_margin(
        cells["planned_amount"],
        today,
        planted.truth,
        doubling_adds=doubling_adds,
    ) - true_margin(today, today, planted.truth, doubling_adds=doubling_adds)


def verdict(plan: BudgetPlan) -> str:
    return str(plan.summary["verdict"].iloc[0])


def test_the_plan_beats_todays_split() -> None:
    plan, planted = planned(0)
    assert verdict(plan) == "move"
    # By the sample company's own law, and where responses bend much.
    for doubling_adds in (1.0, 0.4):
        assert true_gain(plan, planted, doubling_adds=doubling_adds) > 0


def test_equal_responses_keep_todays_split() -> None:
    plan, planted = planned(0, equal_responses=True)
    assert planted.truth.std() < 0.1 * planted.truth.mean()
    assert verdict(plan) == "keep"
    cells = plan.cells
    assert (cells["planned_amount"] == cells["current_amount"]).all()


@pytest.mark.slow
def test_the_plan_beats_todays_split_in_nine_of_ten_companies() -> None:
    gains, inside = [], []
    for seed in SEEDS:
        plan, planted = planned(seed)
        gain = true_gain(plan, planted, doubling_adds=1.0)
        gains.append(gain)
        (whole,) = plan.summary.to_dict("records")
        inside.append(whole["gain_low_amount"] <= gain)
    assert sum(gain > 0 for gain in gains) >= 9, gains
    assert min(gains) >= 0
    assert sum(inside) >= 9  # A plan does not promise too much.


@pytest.mark.slow
@pytest.mark.parametrize("customers", [5_000, ENOUGH])
def test_equal_responses_keep_todays_split_in_every_company(
    customers: int,
) -> None:
    verdicts = [
        verdict(planned(seed, customers=customers, equal_responses=True)[0])
        for seed in SEEDS
    ]
    assert verdicts == ["keep"] * len(SEEDS)


@pytest.mark.slow
def test_few_customers_are_not_ranked_but_never_for_the_worse() -> None:
    gains = []
    for seed in SEEDS:
        plan, planted = planned(seed, customers=5_000)
        gain = true_gain(plan, planted, doubling_adds=1.0)
        assert (gain != 0) == (verdict(plan) == "move")
        gains.append(gain)
    assert min(gains) >= 0, gains
