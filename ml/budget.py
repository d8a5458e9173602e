"""A plan of the budget: today's split, a better one, and how sure that is.

What campaigns with held-out customers brought per unit of money is carried
over to the money of a period; curves bend, because the next customer is harder
to win, by an assumption that is stated and varied. The plan is the best split
within the constraints, and it is taken only where it beats today's with the
certainty asked for. Otherwise the data cannot rank, and today's split stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.budget_allocation import (
    TOTAL,
    Bounds,
    Cells,
    best_split,
    fit_to_constraints,
    growth,
)
from ml.budget_response import (
    CELL,
    Experiments,
    Response,
    estimate_response,
    read_experiments,
)
from ml.columns import FloatArray, MissingColumnError

EVERYBODY = "all"
FEWEST_PER_ARM = 30  # customers, over all campaigns of a cell
CAUTION = 0.5  # standard deviations that a move must still pay at
CENT = 0.01
COUNT_DRAWS = 4_000
COUNT_REGRETS = 100  # draws whose own best split is looked for
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
    "basis",
    "verdict",
    "reason",
]


@dataclass(frozen=True)
class BudgetRules:
    """What people decide about a plan.

    Attributes
    ----------
    move_limit : float
        By which part of itself a cell may change at most, 0-1.
    certainty : float
        Probability of being better than today's split that a plan needs.
    doubling_adds : tuple of float
        What doubling the money adds, as a part of today's effect: from, to.
        Draws take it evenly from this range; it is not learnt.
    """

    move_limit: float = 0.5
    certainty: float = 0.95
    doubling_adds: tuple[float, float] = (0.4, 1.0)


@dataclass(frozen=True)
class BudgetPlan:
    """Tables of a plan: ``CELL_COLUMNS`` and, one row, ``SUMMARY_COLUMNS``."""

    cells: pd.DataFrame
    summary: pd.DataFrame


def plan_budget(
    spend: pd.DataFrame,
    arms: pd.DataFrame,
    *,
    limits: Mapping[str, Bounds] | None = None,
    rules: BudgetRules | None = None,
    seed: int = 0,
) -> BudgetPlan:
    """Plan how the money of a period is split over personas and channels.

    Parameters
    ----------
    spend : DataFrame
        persona_id, channel, spend_amount (money of a period); the persona
        'all' is money of which nobody knows whom it reached.
    arms : DataFrame
        As ``int_campaign_arms``, see `ml.budget_response.read_experiments`.
    limits : mapping, optional
        Least and most money per channel, and of all under ``total``.
    rules : BudgetRules, optional
    seed : int
        Seed of all randomness.

    Returns
    -------
    BudgetPlan
        ``cells`` has a row per row of ``spend``, ordered by channel and
        persona; no row in either table where nothing is spent. Amounts are in
        the currency of ``spend``; returns are amounts per unit of it.

    Raises
    ------
    MissingColumnError
        When a column is missing.
    ConstraintError
        When the limits cannot be met.
    """
    rules = rules or BudgetRules()
    limits = limits or {}
    for name in [*CELL, "spend_amount"]:
        if name not in spend:
            raise MissingColumnError(
                f"Column '{name}' is missing from the spend of the budget; "
                "select it in int_budget_spend."
            )
    if spend.empty:
        return BudgetPlan(
            pd.DataFrame(columns=CELL_COLUMNS),
            pd.DataFrame(columns=SUMMARY_COLUMNS),
        )
    cells = spend[[*CELL, "spend_amount"]].astype({"spend_amount": "float64"})
    cells = cells.sort_values(["channel", "persona_id"], ignore_index=True)
    experiments = read_experiments(arms)
    response = None
    if not experiments.rows.empty:
        response = estimate_response(
            experiments, count_draws=COUNT_DRAWS, seed=seed
        )
    cells = _known(cells, response)
    money = _money(cells, limits, rules)
    drawn = _drawn(cells, response, rules, seed)
    choice = _choose(money, drawn, limits, rules, response)
    return _told(cells, money, drawn, choice, experiments, rules)


@dataclass(frozen=True)
class _Drawn:
    """Draws: returns (draws, cells), curves (draws,); which cells move."""

    returns: FloatArray
    doubling_adds: FloatArray

    def incremental(self, amount: FloatArray, today: FloatArray) -> FloatArray:
        """Return what amounts bring, shape (draws, cells).

        ``amount`` is one split, or one per draw.
        """
        times = amount / np.where(today > 0, today, 1)
        grown = growth(times, self.doubling_adds[:, None])
        return np.asarray(grown * self.returns * today)

    def first(self, count: int) -> _Drawn:
        """Return the first so many draws."""
        return _Drawn(self.returns[:count], self.doubling_adds[:count])


@dataclass(frozen=True)
class _Choice:
    """The split taken, and what the best-looking one promised."""

    plan: FloatArray
    is_moved: bool
    candidate: FloatArray
    probability: float
    probability_equal: float
    best: FloatArray  # per draw of the first COUNT_REGRETS


def _known(cells: pd.DataFrame, response: Response | None) -> pd.DataFrame:
    """Add what is known of each cell, and whether it is enough to move it."""
    counts = ["count_experiments", "count_treated", "count_held_out"]
    if response is None:
        cells = cells.assign(place=-1, **dict.fromkeys(counts, 0))
    else:
        known = response.cells[[*CELL, *counts]].assign(
            place=np.arange(len(response.cells))
        )
        cells = cells.merge(known, on=CELL, how="left")
        cells = cells.fillna({"place": -1} | dict.fromkeys(counts, 0))
        cells = cells.astype(dict.fromkeys(["place", *counts], "int64"))
    cells["is_tested"] = cells["channel"].isin(
        set(cells.loc[cells["place"] >= 0, "channel"])
    ) & (cells["persona_id"] != EVERYBODY)
    cells["is_enough"] = (
        cells[["count_treated", "count_held_out"]].min(axis=1) >= FEWEST_PER_ARM
    ) & cells["is_tested"]
    return cells


def _money(
    cells: pd.DataFrame, limits: Mapping[str, Bounds], rules: BudgetRules
) -> Cells:
    """Return today's money within the constraints and how far it may move."""
    channel = cells["channel"].to_numpy(dtype=str)
    base = fit_to_constraints(cells["spend_amount"].to_numpy(), channel, limits)
    room = base * rules.move_limit * cells["is_enough"].to_numpy()
    return Cells(base, base - room, base + room, channel)


def _drawn(
    cells: pd.DataFrame,
    response: Response | None,
    rules: BudgetRules,
    seed: int,
) -> _Drawn:
    rng = np.random.default_rng([seed, 1])
    returns = np.zeros((COUNT_DRAWS, len(cells)))
    if response is not None:
        is_enough = cells["is_enough"].to_numpy()
        places = cells.loc[is_enough, "place"].to_numpy()
        returns[:, is_enough] = response.draws[:, places]
    return _Drawn(returns, rng.uniform(*rules.doubling_adds, COUNT_DRAWS))


def _choose(
    money: Cells,
    drawn: _Drawn,
    limits: Mapping[str, Bounds],
    rules: BudgetRules,
    response: Response | None,
) -> _Choice:
    """Look for the best split and take it where it is surely better."""
    by_channel = {key: one for key, one in limits.items() if key != TOTAL}
    mean, spread = drawn.returns.mean(axis=0), drawn.returns.std(axis=0)
    some = np.arange(COUNT_REGRETS)
    candidate = best_split(
        money,
        gain=mean - CAUTION * spread,
        loss=mean + CAUTION * spread,
        limits=by_channel,
        doubling_adds=drawn.doubling_adds[some],
    )
    candidate = to_cents(candidate, money)
    gain = drawn.incremental(candidate, money.base) - drawn.returns * money.base
    is_other = np.abs(candidate - money.base).max(initial=0) > CENT
    probability = float((gain.sum(axis=1) > 0).mean()) if is_other else 0.0
    is_moved = probability >= rules.certainty
    best = np.array(
        [
            best_split(
                money,
                gain=drawn.returns[draw],
                loss=drawn.returns[draw],
                limits=by_channel,
                doubling_adds=drawn.doubling_adds[[draw]],
            )
            for draw in some
        ]
    )
    return _Choice(
        candidate if is_moved else money.base,
        is_moved,
        candidate,
        probability,
        response.probability_equal if response else np.nan,
        best,
    )


def to_cents(plan: FloatArray, money: Cells) -> FloatArray:
    """Round what is moved to cents; the largest move takes the rest.

    What moves by less than a cent stays as it is, and the sum is kept.
    """
    is_moved = np.abs(plan - money.base) >= CENT
    rounded = np.where(is_moved, np.round(plan, 2), money.base)
    if is_moved.any():
        largest = np.argmax(np.where(is_moved, np.abs(plan - money.base), 0))
        rest = rounded.sum() - rounded[largest]
        rounded[largest] = np.round(money.base.sum() - rest, 4)
    return np.asarray(rounded)


def _told(
    cells: pd.DataFrame,
    money: Cells,
    drawn: _Drawn,
    choice: _Choice,
    experiments: Experiments,
    rules: BudgetRules,
) -> BudgetPlan:
    """Write the plan as tables."""
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
        basis=np.where(is_enough, experiments.basis, "none"),
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
    summary = _summary(table, gain, choice, drawn, money, experiments, rules)
    return BudgetPlan(
        table[CELL_COLUMNS].reset_index(drop=True),
        pd.DataFrame([summary])[SUMMARY_COLUMNS],
    )


def _steepness(doubling_adds: FloatArray) -> FloatArray:
    """Return what the next unit brings, as a part of the average one."""
    d = np.minimum(doubling_adds, 1 - 1e-9)
    return np.asarray(-np.log(d) * d / (1 - d))


def _verdict(
    row: Mapping[Any, Any], choice: _Choice, rules: BudgetRules
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


def _why_not(choice: _Choice, rules: BudgetRules) -> str:
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
    choice: _Choice,
    drawn: _Drawn,
    money: Cells,
    experiments: Experiments,
    rules: BudgetRules,
) -> dict[str, object]:
    is_enough = table["is_enough"]
    total = gain.sum(axis=1)
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
        "gain_low_amount": np.quantile(total, INTERVAL[0])
        if is_known
        else np.nan,
        "gain_high_amount": np.quantile(total, INTERVAL[1])
        if is_known
        else np.nan,
        "candidate_gain_amount": promised.mean() if is_known else np.nan,
        "candidate_moved_amount": np.abs(choice.candidate - money.base).sum()
        / 2,
        "probability_better": choice.probability if is_known else np.nan,
        "probability_equal": choice.probability_equal,
        "certainty_asked": rules.certainty,
        "move_limit": rules.move_limit,
        "doubling_adds_low": rules.doubling_adds[0],
        "doubling_adds_high": rules.doubling_adds[1],
        "count_experiments": experiments.rows["campaign_id"].nunique(),
        "basis": experiments.basis if is_known else "none",
        "verdict": verdict,
        "reason": reason,
    }
