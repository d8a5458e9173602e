"""A plan as tables: a row per persona and channel, and one for the whole.

Every row has a verdict and a reason in words; figures that nothing is known of
are null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.budget_allocation import Cells
from ml.budget_choice import (
    CENT,
    COUNT_REGRETS,
    BudgetRules,
    Choice,
    Drawn,
)
from ml.columns import FloatArray

EVERYBODY = "all"
OTHERS = "other"  # personas whose cells are too small to be told
FEWEST_PER_ARM = 30  # customers, over all campaigns of a cell
INTERVAL = (0.025, 0.975)

MOVE, KEEP = "move", "keep"
NO_EXPERIMENT, NOT_ENOUGH = "no experiment", "not enough data"

CELL_COLUMNS = [
    "persona_id",
    "channel",
    "current_amount",
    "reference_amount",
    "planned_amount",
    "change_amount",
    "return_today",
    "return_low",
    "return_high",
    "marginal_return",
    "marginal_return_low",
    "marginal_return_high",
    "probability_above_average",
    "incremental_current_amount",
    "incremental_planned_amount",
    "gain_amount",
    "gain_low_amount",
    "gain_high_amount",
    "regret_current_amount",
    "regret_planned_amount",
    "count_experiments",
    "count_treated",
    "count_held_out",
    "basis",
    "verdict",
    "reason",
]
SUMMARY_COLUMNS = [
    "current_amount",
    "reference_amount",
    "planned_amount",
    "movable_amount",
    "moved_amount",
    "incremental_current_amount",
    "incremental_planned_amount",
    "gain_amount",
    "gain_low_amount",
    "gain_high_amount",
    "regret_current_amount",
    "regret_planned_amount",
    "candidate_gain_amount",
    "candidate_moved_amount",
    "probability_better",
    "probability_equal",
    "certainty_asked",
    "move_limit",
    "doubling_adds_low",
    "doubling_adds_high",
    "count_experiments",
    "amount_per_held_out_customer",
    "basis",
    "verdict",
    "reason",
]


@dataclass(frozen=True)
class Basis:
    """What the returns of a plan rest on.

    Attributes
    ----------
    basis : str
        ``margin`` or ``net revenue``, see `ml.budget_response.Experiments`.
    typical : float
        Amount per held-out customer in the window.
    count_experiments : int
        Campaigns with held-out customers.
    """

    basis: str
    typical: float
    count_experiments: int


def tables_of(
    cells: pd.DataFrame,
    money: Cells,
    drawn: Drawn,
    choice: Choice,
    basis: Basis,
    rules: BudgetRules,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the plan: its rows per cell, and its one row as a whole."""
    today = drawn.incremental(money.base, money.base)
    planned = drawn.incremental(choice.plan, money.base)
    gain = planned - today
    best = drawn.first(COUNT_REGRETS).incremental(choice.best, money.base)
    current = cells["spend_amount"].to_numpy()
    steep = _steepness(drawn.doubling_adds)[:, None] * drawn.returns
    is_enough = cells["is_enough"].to_numpy()
    weight = money.base * is_enough
    average = steep @ weight / max(weight.sum(), 1e-12)
    table = cells.assign(
        current_amount=current,
        reference_amount=money.base,
        planned_amount=choice.plan,
        change_amount=choice.plan - current,
        return_today=drawn.returns.mean(axis=0),
        return_low=np.quantile(drawn.returns, INTERVAL[0], axis=0),
        return_high=np.quantile(drawn.returns, INTERVAL[1], axis=0),
        marginal_return=steep.mean(axis=0),
        marginal_return_low=np.quantile(steep, INTERVAL[0], axis=0),
        marginal_return_high=np.quantile(steep, INTERVAL[1], axis=0),
        probability_above_average=(steep > average[:, None]).mean(axis=0),
        incremental_current_amount=today.mean(axis=0),
        incremental_planned_amount=planned.mean(axis=0),
        gain_amount=gain.mean(axis=0),
        gain_low_amount=np.quantile(gain, INTERVAL[0], axis=0),
        gain_high_amount=np.quantile(gain, INTERVAL[1], axis=0),
        regret_current_amount=(best - today[:COUNT_REGRETS]).mean(axis=0),
        regret_planned_amount=(best - planned[:COUNT_REGRETS]).mean(axis=0),
        basis=np.where(is_enough, basis.basis, "none"),
    )
    unknown = CELL_COLUMNS[
        CELL_COLUMNS.index("return_today") : CELL_COLUMNS.index(
            "count_experiments"
        )
    ]
    table.loc[~is_enough, unknown] = np.nan
    verdicts = [
        _verdict(row, choice, rules) for row in table.to_dict("records")
    ]
    table["verdict"] = [verdict for verdict, _ in verdicts]
    table["reason"] = [reason for _, reason in verdicts]
    summary = _summary(table, gain, choice, drawn, money, basis, rules)
    return (
        table[CELL_COLUMNS].reset_index(drop=True),
        pd.DataFrame([summary])[SUMMARY_COLUMNS],
    )


def _steepness(doubling_adds: FloatArray) -> FloatArray:
    """Return what the next unit brings, as a part of the average one."""
    d = np.minimum(doubling_adds, 1 - 1e-9)
    return np.asarray(-np.log(d) * d / (1 - d))


def _verdict(
    row: Mapping[Any, Any], choice: Choice, rules: BudgetRules
) -> tuple[str, str]:
    """Return the verdict on a cell, and why."""
    scaled = abs(row["reference_amount"] - row["current_amount"]) > CENT
    note = " Scaled into budget_constraints." if scaled else ""
    if row["persona_id"] == EVERYBODY:
        return NO_EXPERIMENT, (
            "Nobody was held out from this money, so what it causes is not "
            "known: hold a group out before moving it." + note
        )
    if not row["is_tested"]:
        return NO_EXPERIMENT, (
            "No campaign of this channel has held customers out with its "
            "window over: hold a group out before moving it." + note
        )
    if not row["is_enough"]:
        return NOT_ENOUGH, (
            f"Fewer than {FEWEST_PER_ARM} customers treated or held out: test "
            "more of this persona before moving its money." + note
        )
    if not choice.is_moved:
        return KEEP, _why_not(choice, rules) + note
    if abs(row["planned_amount"] - row["reference_amount"]) < CENT:
        return KEEP, "Not surely better or worse than elsewhere." + note
    is_more = row["planned_amount"] > row["reference_amount"]
    return MOVE, (
        f"{'More' if is_more else 'Less'} money: the next unit brings "
        f"{row['marginal_return']:.2f} here "
        f"({row['marginal_return_low']:.2f} to "
        f"{row['marginal_return_high']:.2f})." + note
    )


def _why_not(choice: Choice, rules: BudgetRules) -> str:
    if choice.probability == 0:
        return (
            "The data cannot rank: money brings the same everywhere with "
            f"probability {choice.probability_equal:.2f}, and no move looks "
            "as if it would pay."
        )
    return (
        "The data cannot rank: the best plan found beats today's split with "
        f"probability {choice.probability:.2f}, and {rules.certainty:.2f} is "
        "asked for."
    )


def _summary(
    table: pd.DataFrame,
    gain: FloatArray,
    choice: Choice,
    drawn: Drawn,
    money: Cells,
    basis: Basis,
    rules: BudgetRules,
) -> dict[str, object]:
    is_enough = table["is_enough"]
    total = gain.sum(axis=1)
    low, high = np.quantile(total, INTERVAL)
    promised = (
        drawn.incremental(choice.candidate, money.base)
        - drawn.returns * money.base
    ).sum(axis=1)
    sums = {
        name: table[name].sum(min_count=1)
        for name in (
            "current_amount",
            "reference_amount",
            "planned_amount",
            "incremental_current_amount",
            "incremental_planned_amount",
            "regret_current_amount",
            "regret_planned_amount",
        )
    }
    if not is_enough.any():
        tested = table["is_tested"].any()
        verdict = NOT_ENOUGH if tested else NO_EXPERIMENT
        reason = (
            "No persona has been tested with enough customers in any channel."
            if tested
            else "No campaign with money in the period has held customers out."
        )
    elif choice.is_moved:
        verdict = MOVE
        reason = (
            "The plan beats today's split with probability "
            f"{choice.probability:.2f}."
        )
    else:
        verdict, reason = KEEP, _why_not(choice, rules)
    is_known = bool(is_enough.any())
    return sums | {
        "movable_amount": table.loc[is_enough, "reference_amount"].sum(),
        "moved_amount": np.abs(choice.plan - money.base).sum() / 2,
        "gain_amount": total.mean() if is_known else np.nan,
        "gain_low_amount": low if is_known else np.nan,
        "gain_high_amount": high if is_known else np.nan,
        "candidate_gain_amount": promised.mean() if is_known else np.nan,
        "candidate_moved_amount": np.abs(choice.candidate - money.base).sum()
        / 2,
        "probability_better": choice.probability if is_known else np.nan,
        "probability_equal": choice.probability_equal,
        "certainty_asked": rules.certainty,
        "move_limit": rules.move_limit,
        "doubling_adds_low": rules.doubling_adds[0],
        "doubling_adds_high": rules.doubling_adds[1],
        "count_experiments": basis.count_experiments,
        "amount_per_held_out_customer": basis.typical,
        "basis": basis.basis if is_known else "none",
        "verdict": verdict,
        "reason": reason,
    }
