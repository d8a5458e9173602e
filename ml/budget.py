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

import numpy as np
import pandas as pd

from ml.budget_allocation import Bounds, Cells, fit_to_constraints
from ml.budget_choice import BudgetRules, Drawn, choose
from ml.budget_response import (
    CELL,
    RETURN_COLUMNS,
    Response,
    cell_returns,
    draw_returns,
    read_experiments,
)
from ml.budget_tables import (
    CELL_COLUMNS,
    EVERYBODY,
    FEWEST_PER_ARM,
    SUMMARY_COLUMNS,
    Basis,
    tables_of,
)
from ml.columns import MissingColumnError

__all__ = [
    "CELL_COLUMNS",
    "SUMMARY_COLUMNS",
    "Basis",
    "BudgetPlan",
    "BudgetRules",
    "Evidence",
    "evidence_of",
    "plan_budget",
    "plan_from",
    "read_evidence",
]

COUNT_DRAWS = 4_000


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
    return plan_from(
        read_evidence(spend, arms, seed=seed), limits=limits, rules=rules
    )


@dataclass(frozen=True)
class Evidence:
    """All that a plan is made from but what people decide.

    Attributes
    ----------
    spend : DataFrame
        persona_id, channel, spend_amount; ordered by channel and persona.
    returns : DataFrame
        What the experiments of each cell measured, the columns
        ``RETURN_COLUMNS``; ordered by persona and channel.
    basis : Basis
        What the returns are of.
    response : Response or None
        Draws of the returns; None where there were no experiments.
    seed : int
        Seed of all randomness.
    """

    spend: pd.DataFrame
    returns: pd.DataFrame
    basis: Basis
    response: Response | None
    seed: int = 0


def read_evidence(
    spend: pd.DataFrame, arms: pd.DataFrame, *, seed: int = 0
) -> Evidence:
    """Return what money and campaigns tell, see `plan_budget`."""
    experiments = read_experiments(arms)
    return evidence_of(
        spend,
        cell_returns(experiments),
        Basis(
            experiments.basis,
            experiments.typical,
            experiments.rows["campaign_id"].nunique(),
        ),
        seed=seed,
    )


def evidence_of(
    spend: pd.DataFrame,
    returns: pd.DataFrame,
    basis: Basis,
    *,
    seed: int = 0,
) -> Evidence:
    """Draw the returns of what experiments have measured.

    So a plan can be made again without the experiments themselves: from the
    same measurements and the same seed come the same draws.

    Parameters
    ----------
    spend : DataFrame
        persona_id, channel, spend_amount.
    returns : DataFrame
        ``RETURN_COLUMNS``, a row per cell that was tested.
    basis : Basis
    seed : int

    Raises
    ------
    MissingColumnError
        When a column is missing.
    """
    for name in [*CELL, "spend_amount"]:
        if name not in spend:
            raise MissingColumnError(
                f"Column '{name}' is missing from the spend of the budget; "
                "select it in int_budget_spend."
            )
    for name in RETURN_COLUMNS:
        if name not in returns:
            raise MissingColumnError(
                f"Column '{name}' is missing from the measured returns; select "
                "it from budget_responses."
            )
    spend = spend[[*CELL, "spend_amount"]].astype({"spend_amount": "float64"})
    returns = returns[RETURN_COLUMNS].sort_values(CELL, ignore_index=True)
    response = None
    if not returns.empty and not spend.empty:
        response = draw_returns(
            returns, basis.typical, count_draws=COUNT_DRAWS, seed=seed
        )
    return Evidence(
        spend.sort_values(["channel", "persona_id"], ignore_index=True),
        returns,
        basis,
        response,
        seed,
    )


def plan_from(
    evidence: Evidence,
    *,
    limits: Mapping[str, Bounds] | None = None,
    rules: BudgetRules | None = None,
) -> BudgetPlan:
    """Plan the budget under what people decide, see `plan_budget`."""
    rules = rules or BudgetRules()
    limits = limits or {}
    if evidence.spend.empty:
        return BudgetPlan(
            pd.DataFrame(columns=CELL_COLUMNS),
            pd.DataFrame(columns=SUMMARY_COLUMNS),
        )
    response = evidence.response
    cells = _known(evidence.spend, response)
    money = _money(cells, limits, rules)
    drawn = _drawn(cells, response, rules, evidence.seed)
    choice = choose(
        money,
        drawn,
        limits,
        rules,
        response.probability_equal if response else np.nan,
    )
    return BudgetPlan(
        *tables_of(cells, money, drawn, choice, evidence.basis, rules)
    )


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
) -> Drawn:
    rng = np.random.default_rng([seed, 1])
    returns = np.zeros((COUNT_DRAWS, len(cells)))
    if response is not None:
        is_enough = cells["is_enough"].to_numpy()
        places = cells.loc[is_enough, "place"].to_numpy()
        returns[:, is_enough] = response.draws[:, places]
    return Drawn(returns, rng.uniform(*rules.doubling_adds, COUNT_DRAWS))
