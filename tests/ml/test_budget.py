"""Returns are drawn together as far as data say, and money goes by them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from ml.budget import (
    BudgetRules,
    Evidence,
    evidence_of,
    plan_budget,
    plan_from,
    read_evidence,
)
from ml.budget_allocation import (
    Bounds,
    Cells,
    ConstraintError,
    _pieces,
    best_split,
    fit_to_constraints,
    growth,
)
from ml.budget_response import (
    ARM_COLUMNS,
    Experiments,
    cell_returns,
    estimate_response,
    read_experiments,
)
from ml.columns import MissingColumnError

TWO_CHANNELS = ["email", "post"]
PERSONAS = ["P01", "P02", "P03", "P04"]


def arms_of(
    returns: dict[tuple[str, str], float],
    *,
    customers: int = 5_000,
    cost: float = 1.0,
    spread: float = 5.0,
) -> pd.DataFrame:
    """Return one campaign per channel in which a touch brings these returns.

    Everybody held out leaves 4 on average; the sums are exact, so what is
    measured is what is planted.
    """
    rows = []
    for (persona, channel), value in returns.items():
        for arm, mean in (("treated", 4 + value * cost), ("held_out", 4.0)):
            squares = customers * (mean**2 + spread**2)
            rows.append(
                {
                    "campaign_id": f"campaign by {channel}",
                    "channel": channel,
                    "persona_id": persona,
                    "arm": arm,
                    "count_customers": customers,
                    "sum_net_amount": 2 * mean * customers,
                    "sum_squared_net_amount": 4 * squares,
                    "sum_costed_net_amount": 2 * mean * customers,
                    "sum_margin_amount": mean * customers,
                    "sum_squared_margin_amount": squares,
                    "spend_amount": cost * customers * (arm == "treated"),
                    "is_window_complete": True,
                }
            )
    return pd.DataFrame(rows)


def spend_of(amounts: dict[tuple[str, str], float]) -> pd.DataFrame:
    return pd.DataFrame(
        [(*key, amount) for key, amount in amounts.items()],
        columns=["persona_id", "channel", "spend_amount"],
    )


UNLIKE = {
    (persona, channel): value
    for channel, values in (
        ("email", (3.0, 2.5, 0.2, 0.1)),
        ("post", (0.1, 0.2, 0.0, 2.0)),
    )
    for persona, value in zip(PERSONAS, values, strict=True)
}
ALIKE = dict.fromkeys(UNLIKE, 0.8)
TODAY = dict.fromkeys(UNLIKE, 100.0) | {("all", "search"): 1_000.0}


# -- what a touch brings -----------------------------------------------------


def test_a_return_is_what_was_brought_over_what_it_cost() -> None:
    """Two campaigns, 100 and 300 treated: (100 x 2 + 300 x 1) / 700."""
    arms = pd.concat(
        [
            arms_of({("P01", "email"): 1.0}, customers=100, cost=2.0),
            arms_of({("P01", "email"): 0.6}, customers=300, cost=5 / 3).assign(
                campaign_id="later"
            ),
        ]
    )
    cells = cell_returns(read_experiments(arms))
    assert cells["measured"].tolist() == pytest.approx([500 / 700])
    assert cells["cost"].tolist() == pytest.approx([700 / 400])
    assert cells["count_experiments"].tolist() == [2]
    assert cells["count_treated"].tolist() == [400]


def test_the_error_is_that_of_a_difference_of_means() -> None:
    arms = arms_of({("P01", "email"): 0.0}, customers=1_000, cost=0.5)
    cells = cell_returns(read_experiments(arms))
    expected = 5.0 * np.sqrt(2 / 1_000) / 0.5
    assert cells["error"].tolist() == pytest.approx([expected], rel=1e-3)


def test_without_unit_costs_the_net_amount_counts_and_is_named() -> None:
    arms = arms_of(UNLIKE).assign(
        sum_costed_net_amount=0.0,
        sum_margin_amount=0.0,
        sum_squared_margin_amount=0.0,
    )
    assert read_experiments(arms).basis == "net revenue"
    plan = plan_budget(spend_of(TODAY), arms)
    assert set(plan.cells["basis"]) == {"net revenue", "none"}


def test_margins_known_of_a_part_stand_for_the_rest() -> None:
    """Of 95 % the margin is taken for all, of 85 % the net amount."""
    known = read_experiments(arms_of(UNLIKE)).rows["effect"].to_numpy()
    for part, basis in ((0.95, "margin"), (0.85, "net revenue")):
        arms = arms_of(UNLIKE)
        for name in ("sum_costed_net_amount", "sum_margin_amount"):
            arms[name] *= part
        arms["sum_squared_margin_amount"] *= part**2
        found = read_experiments(arms)
        assert found.basis == basis
        factor = 1 if basis == "margin" else 2
        assert found.rows["effect"].to_numpy() == pytest.approx(factor * known)


def test_campaigns_whose_windows_are_open_are_not_counted() -> None:
    arms = arms_of(UNLIKE)
    arms["is_window_complete"] = arms["channel"] != "post"
    rows = read_experiments(arms).rows
    assert set(rows["channel"]) == {"email"}


def test_campaigns_that_held_nobody_out_are_not_counted() -> None:
    arms = arms_of(UNLIKE)
    arms = arms[(arms["channel"] != "post") | (arms["arm"] == "treated")]
    assert set(read_experiments(arms).rows["channel"]) == {"email"}


def test_a_missing_column_is_named() -> None:
    for name in ARM_COLUMNS:
        with pytest.raises(MissingColumnError, match=name):
            read_experiments(arms_of(UNLIKE).drop(columns=name))
    with pytest.raises(MissingColumnError, match="spend_amount"):
        plan_budget(spend_of(TODAY)[["persona_id", "channel"]], arms_of(UNLIKE))


# -- how returns are drawn together ------------------------------------------


def experiments_with(
    measured: np.ndarray, error: np.ndarray, channels: list[str]
) -> Experiments:
    """Return experiments whose touches cost 1 and brought these figures."""
    count = len(measured)
    return Experiments(
        pd.DataFrame(
            {
                "campaign_id": [f"c{n}" for n in range(count)],
                "channel": channels,
                "persona_id": [f"P{n:02d}" for n in range(count)],
                "count_treated": 100.0,
                "count_held_out": 100.0,
                "effect": measured,
                "variance": error**2,
                "cost": 1.0,
            }
        ),
        "margin",
        2.0,
    )


def test_few_customers_are_drawn_to_the_others_and_many_are_not() -> None:
    measured = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 4.0])
    error = np.array([0.05, 0.05, 0.05, 0.05, 0.05, 5.0])
    response = estimate_response(
        experiments_with(measured, error, ["email"] * 6)
    )
    mean = response.draws.mean(axis=0)
    assert mean[:5] == pytest.approx(measured[:5], abs=0.05)
    assert 1.5 < mean[5] < 3.0  # towards the mean of the others, 2


@pytest.mark.slow
def test_intervals_cover_what_is_true() -> None:
    """Truths drawn from the prior: 95 % intervals cover 93 to 97 %.

    Half of the companies are equal everywhere; in the others spreads are
    half-Cauchy. Cook, Gelman & Rubin (2006), J. Comp. Graph. Stat. 15.
    """
    rng = np.random.default_rng(5)
    channels = np.repeat(["a", "b", "c", "d"], 6)
    inside: list[np.ndarray] = []
    for turn in range(300):
        truth = np.full(24, 0.5)
        if turn % 2:
            spreads = np.abs(rng.standard_cauchy(2))
            truth += np.repeat(rng.normal(0, spreads[0], 4), 6)
            truth += rng.normal(0, spreads[1], 24)
        error = rng.uniform(0.2, 2.0, 24)
        response = estimate_response(
            experiments_with(
                truth + error * rng.standard_normal(24), error, list(channels)
            ),
            count_draws=1_000,
            seed=turn,
        )
        low, high = np.quantile(response.draws, (0.025, 0.975), axis=0)
        inside.append((low <= truth) & (truth <= high))
    assert 0.93 <= np.mean(inside) <= 0.97


def test_equal_returns_are_told_from_unlike_ones() -> None:
    rng = np.random.default_rng(3)
    error = np.full(24, 0.5)
    channels = list(np.repeat(["a", "b", "c", "d"], 6))
    alike = estimate_response(
        experiments_with(0.8 + error * rng.normal(size=24), error, channels)
    )
    unlike = estimate_response(
        experiments_with(
            np.tile([0.0, 3.0], 12) + error * rng.normal(size=24),
            error,
            channels,
        )
    )
    assert alike.probability_equal > 0.7
    assert unlike.probability_equal < 0.01


# -- how money is split ------------------------------------------------------


def test_the_curve_goes_through_today_and_doubling_adds_its_part() -> None:
    times = np.array([0.0, 1.0, 2.0])
    for adds in (0.3, 0.7, 1.0):
        assert growth(times, adds) == pytest.approx([0, 1, 1 + adds])


@pytest.mark.parametrize("seed", range(5))
def test_no_other_split_brings_more(seed: int) -> None:
    """The linear programme against a general optimiser, channel capped."""
    rng = np.random.default_rng(seed)
    count = 6
    base = rng.uniform(50, 200, count)
    value = rng.uniform(0.1, 3.0, count)
    channel = np.array(["a", "a", "b", "b", "c", "c"])
    cells = Cells(base, 0.5 * base, 1.5 * base, channel)
    most = float(base[:2].sum() * 1.1)
    adds = np.array([0.6])
    plan = best_split(
        cells,
        gain=value,
        loss=value,
        limits={"a": Bounds(None, most)},
        doubling_adds=adds,
    )

    def brought(times: np.ndarray) -> float:
        return float((value * base * growth(times, 0.6)).sum() / base.sum())

    found = optimize.minimize(
        lambda times: -brought(times),
        np.ones(count),
        bounds=[(0.5, 1.5)] * count,
        constraints=[
            {"type": "eq", "fun": lambda times: base @ (times - 1) / 100},
            {
                "type": "ineq",
                "fun": lambda times: (most - base[:2] @ times[:2]) / 100,
            },
        ],
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert found.success
    assert brought(plan / base) >= -found.fun * (1 - 2e-3)
    assert plan.sum() == pytest.approx(base.sum())
    assert plan[:2].sum() <= most + 1e-6


@pytest.mark.parametrize("seed", range(30))
def test_a_split_is_what_a_linear_programme_finds(seed: int) -> None:
    """Channels bounded on both sides, returns of either sign."""
    rng = np.random.default_rng(seed)
    count = 9
    base = rng.uniform(0, 200, count)
    channel = np.array(list("aaabbbccc"))
    cells = Cells(
        base,
        base * rng.choice([0.0, 0.5, 1.0], count),
        base * rng.choice([1.0, 1.5, 2.0], count),
        channel,
    )
    sums = [base[channel == name].sum() for name in "abc"]
    limits = {
        "a": Bounds(sums[0] * rng.uniform(0.8, 1), None),
        "b": Bounds(None, sums[1] * rng.uniform(1, 1.2)),
        "c": Bounds(sums[2] * 0.95, sums[2] * 1.05),
    }
    gain = rng.normal(0.7, 1.0, count)
    loss = gain + rng.uniform(0, 0.5, count)
    adds = rng.uniform(0.4, 1.0, 5)
    plan = best_split(
        cells, gain=gain, loss=loss, limits=limits, doubling_adds=adds
    )
    pieces = _pieces(cells, gain, loss, adds)
    start = np.where(cells.high > cells.low, cells.low, base)
    rows, sides = [], []
    for name, bound in limits.items():
        inside = (channel[pieces.owner] == name).astype(float)
        has = start[channel == name].sum()
        if bound.most is not None:
            rows.append(inside)
            sides.append(bound.most - has)
        if bound.least is not None:
            rows.append(-inside)
            sides.append(has - bound.least)
    solved = optimize.linprog(
        -pieces.slope,
        A_ub=np.array(rows),
        b_ub=np.array(sides) + 1e-9,
        A_eq=np.ones((1, len(pieces.width))),
        b_eq=[(base - start).sum()],
        bounds=np.column_stack([np.zeros(len(pieces.width)), pieces.width]),
    )
    assert solved.success
    assert plan.sum() == pytest.approx(base.sum())
    for name, bound in limits.items():
        has = plan[channel == name].sum()
        assert (bound.least or 0) - 1e-6 <= has
        assert has <= (bound.most or np.inf) + 1e-6
    added = np.bincount(pieces.owner, solved.x, count)
    assert plan == pytest.approx(start + added, abs=1e-5)


def test_today_outside_the_constraints_is_scaled_into_them() -> None:
    today = np.array([60.0, 40.0, 100.0])
    channel = np.array(["a", "a", "b"])
    fitted = fit_to_constraints(today, channel, {"a": Bounds(None, 50)})
    assert fitted == pytest.approx([30, 20, 150])
    fitted = fit_to_constraints(today, channel, {"total": Bounds(None, 100)})
    assert fitted == pytest.approx([30, 20, 50])
    fitted = fit_to_constraints(
        today, channel, {"b": Bounds(150), "total": Bounds(220)}
    )
    assert fitted.sum() == pytest.approx(220)
    assert fitted[2] == pytest.approx(150)
    assert fit_to_constraints(today, channel, {}) == pytest.approx(today)


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"a": Bounds(None, 10), "b": Bounds(None, 10)}, "cannot be met"),
        ({"a": Bounds(300)}, "cannot be met"),
        ({"radio": Bounds(10)}, "radio"),
        ({"a": Bounds(20, 10)}, "min_amount"),
        ({"a": Bounds(-1)}, "below 0"),
    ],
)
def test_constraints_that_contradict_each_other_are_named(
    limits: dict[str, Bounds], named: str
) -> None:
    with pytest.raises(ConstraintError, match=named):
        fit_to_constraints(
            np.array([60.0, 100.0]), np.array(["a", "b"]), limits
        )


# -- the plan ----------------------------------------------------------------


def test_money_goes_where_a_unit_brings_more() -> None:
    plan = plan_budget(spend_of(TODAY), arms_of(UNLIKE))
    summary = plan.summary.iloc[0]
    assert summary["verdict"] == "move"
    assert summary["probability_better"] >= 0.95
    cells = plan.cells.set_index(["persona_id", "channel"])
    assert cells.loc[("P01", "email"), "planned_amount"] == 150
    assert cells.loc[("P03", "post"), "planned_amount"] == 50
    assert summary["gain_low_amount"] > 0
    assert (
        summary["regret_planned_amount"]
        < 0.2 * (summary["regret_current_amount"])
    )


def test_rows_sum_to_the_plan_and_the_plan_to_todays_money() -> None:
    amounts = {key: 100 / 3 + n for n, key in enumerate(TODAY)}
    amounts = {key: round(value, 4) for key, value in amounts.items()}
    plan = plan_budget(spend_of(amounts), arms_of(UNLIKE))
    summary = plan.summary.iloc[0]
    assert summary["verdict"] == "move"
    for name in (
        *("current_amount", "planned_amount", "gain_amount"),
        *("incremental_current_amount", "incremental_planned_amount"),
        *("regret_current_amount", "regret_planned_amount"),
    ):
        assert plan.cells[name].sum() == pytest.approx(summary[name], abs=1e-6)
    planned = plan.cells["planned_amount"]
    assert planned.sum() == pytest.approx(sum(amounts.values()), abs=1e-6)
    assert planned.round(4).to_numpy() == pytest.approx(planned, abs=1e-9)


def test_equal_returns_keep_todays_split_and_say_so() -> None:
    plan = plan_budget(spend_of(TODAY), arms_of(ALIKE))
    assert plan.summary["verdict"].tolist() == ["keep"]
    assert "cannot rank" in plan.summary["reason"].iloc[0]
    tested = plan.cells[plan.cells["persona_id"] != "all"]
    assert (tested["planned_amount"] == tested["current_amount"]).all()
    assert set(tested["verdict"]) == {"keep"}
    assert (tested["gain_amount"] == 0).all()


def test_few_customers_keep_todays_split() -> None:
    plan = plan_budget(
        spend_of(TODAY), arms_of(UNLIKE, customers=40, spread=30)
    )
    assert plan.summary["verdict"].tolist() == ["keep"]


def test_untested_money_stays_and_has_no_return() -> None:
    plan = plan_budget(spend_of(TODAY), arms_of(UNLIKE))
    (row,) = plan.cells[plan.cells["persona_id"] == "all"].to_dict("records")
    assert row["verdict"] == "no experiment"
    assert row["planned_amount"] == row["current_amount"] == 1_000
    assert np.isnan(row["return_today"])
    assert np.isnan(row["gain_amount"])
    assert row["basis"] == "none"


def test_a_cell_with_few_customers_says_so_and_stays() -> None:
    arms = arms_of(UNLIKE)
    is_few = (arms["persona_id"] == "P02") & (arms["arm"] == "held_out")
    numbers = [name for name in arms if name.startswith(("count_", "sum_"))]
    arms[numbers] = arms[numbers].astype("float64")
    arms.loc[is_few, numbers] /= 200
    plan = plan_budget(spend_of(TODAY), arms)
    mine = plan.cells[plan.cells["persona_id"] == "P02"]
    assert set(mine["verdict"]) == {"not enough data"}
    assert (mine["planned_amount"] == mine["current_amount"]).all()
    assert plan.summary["verdict"].tolist() == ["move"]


def test_without_experiments_everything_stays() -> None:
    for arms in (
        arms_of(UNLIKE).iloc[:0],
        arms_of(UNLIKE).query("arm == 'treated'"),
    ):
        plan = plan_budget(spend_of(TODAY), arms)
        assert set(plan.cells["verdict"]) == {"no experiment"}
        assert plan.summary["verdict"].tolist() == ["no experiment"]
        assert (
            plan.cells["planned_amount"] == plan.cells["current_amount"]
        ).all()


def test_without_money_there_is_no_plan() -> None:
    plan = plan_budget(spend_of({}), arms_of(UNLIKE))
    assert plan.cells.empty
    assert plan.summary.empty


def test_constraints_hold_to_the_cent() -> None:
    limits = {"email": Bounds(None, 410.0), "total": Bounds(1_750.0, 1_750.0)}
    plan = plan_budget(spend_of(TODAY), arms_of(UNLIKE), limits=limits)
    sums = plan.cells.groupby("channel")["planned_amount"].sum()
    assert sums["email"] <= 410.01
    assert sums.sum() == pytest.approx(1_750, abs=1e-4)
    assert plan.summary["planned_amount"].iloc[0] == pytest.approx(1_750)


def test_no_cell_moves_further_than_people_allow() -> None:
    plan = plan_budget(
        spend_of(TODAY),
        arms_of(UNLIKE),
        rules=BudgetRules(move_limit=0.2),
    )
    tested = plan.cells[plan.cells["basis"] != "none"]
    change = tested["change_amount"] / tested["current_amount"]
    assert change.abs().max() == pytest.approx(0.2, abs=1e-4)


def test_rows_in_another_order_give_the_same_plan() -> None:
    arms, spend = arms_of(UNLIKE), spend_of(TODAY)
    plan = plan_budget(spend, arms)
    again = plan_budget(
        spend.sample(frac=1, random_state=1),
        arms.sample(frac=1, random_state=2),
    )
    pd.testing.assert_frame_equal(plan.cells, again.cells)
    pd.testing.assert_frame_equal(plan.summary, again.summary)


def test_the_inputs_are_not_changed() -> None:
    arms, spend = arms_of(UNLIKE), spend_of(TODAY)
    before: list[Any] = [arms.copy(), spend.copy()]
    plan_budget(spend, arms)
    pd.testing.assert_frame_equal(arms, before[0])
    pd.testing.assert_frame_equal(spend, before[1])


# -- made again --------------------------------------------------------------


def as_published(evidence: Evidence) -> Evidence:
    """Return the evidence as whoever reads the published tables has it."""
    spend = evidence.spend.sample(frac=1, random_state=1)
    return evidence_of(
        spend.assign(spend_amount=spend["spend_amount"].map("{:.4f}".format)),
        evidence.returns.sample(frac=1, random_state=2),
        evidence.basis,
    )


@pytest.mark.parametrize(
    ("limits", "rules"),
    [
        ({}, BudgetRules()),
        ({"email": Bounds(None, 100)}, BudgetRules(move_limit=0.2)),
        ({"post": Bounds(250), "total": Bounds(500, 500)}, BudgetRules()),
        ({}, BudgetRules(1.0, 1.0, (0.9, 1.0))),
    ],
)
def test_a_plan_made_again_is_the_plan_from_the_experiments(
    limits: dict[str, Bounds], rules: BudgetRules
) -> None:
    evidence = as_published(read_evidence(spend_of(TODAY), arms_of(UNLIKE)))
    again = plan_from(evidence, limits=limits, rules=rules)
    plan = plan_budget(
        spend_of(TODAY), arms_of(UNLIKE), limits=limits, rules=rules
    )
    pd.testing.assert_frame_equal(again.cells, plan.cells)
    pd.testing.assert_frame_equal(again.summary, plan.summary)
    assert set(again.summary["verdict"]) <= {"move", "keep"}


def test_measured_returns_are_asked_for_by_name() -> None:
    evidence = read_evidence(spend_of(TODAY), arms_of(UNLIKE))
    with pytest.raises(MissingColumnError, match="error"):
        evidence_of(
            evidence.spend,
            evidence.returns.drop(columns="error"),
            evidence.basis,
        )
