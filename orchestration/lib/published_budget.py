"""The published budget, planned again under constraints of one's own.

Everything a plan is made from is published, so a reader can ask what the plan
would be with other bounds per channel, another move limit or another certainty,
without the warehouse and without a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from ml.budget import (
    Basis,
    BudgetPlan,
    BudgetRules,
    Evidence,
    evidence_of,
    plan_from,
)
from ml.budget_allocation import Bounds, ConstraintError


@dataclass(frozen=True)
class PublishedBudget:
    """A published plan's evidence, and what people had decided.

    Attributes
    ----------
    evidence : Evidence
        Money and returns; drawing these takes most of the time, so read it once
        per publication and plan as often as wanted.
    limits : dict of str to Bounds
        Least and most money per channel, and of all under ``total``; every
        channel is named, free ones too.
    rules : BudgetRules
        How far a cell may move, how sure a plan must be, how responses bend.
    """

    evidence: Evidence
    limits: dict[str, Bounds]
    rules: BudgetRules


def read_budget(
    connection: duckdb.DuckDBPyConnection,
) -> PublishedBudget | None:
    """Read what the published plan was made from; None where there is no plan.

    Parameters
    ----------
    connection : DuckDBPyConnection
        To the published file, as `orchestration.lib.published.open_published`
        opens it.
    """
    summaries = connection.execute("from bi.budget_summary").df()
    if summaries.empty:
        return None
    summary = summaries.to_dict("records")[0]
    spend = connection.execute(
        "select persona_id, channel, current_amount::double as spend_amount "
        "from bi.budget_plan"
    ).df()
    returns = connection.execute(
        "select persona_id, channel, count_experiments, count_treated, "
        "count_held_out, measured_return as measured, "
        "measured_return_error as error, touch_cost as cost "
        "from bi.budget_responses"
    ).df()
    limits = connection.execute(
        "select channel, min_amount::double, max_amount::double "
        "from bi.budget_limits order by channel"
    ).fetchall()
    return PublishedBudget(
        evidence_of(
            spend,
            returns,
            Basis(
                str(summary["basis"]),
                float(summary["amount_per_held_out_customer"]),
                int(summary["count_experiments"]),
            ),
        ),
        {channel: Bounds(least, most) for channel, least, most in limits},
        BudgetRules(
            float(summary["move_limit"]),
            float(summary["certainty_asked"]),
            (
                float(summary["doubling_adds_low"]),
                float(summary["doubling_adds_high"]),
            ),
        ),
    )


def plan_again(
    budget: PublishedBudget,
    *,
    limits: Mapping[str, Bounds] | None = None,
    rules: BudgetRules | None = None,
) -> BudgetPlan:
    """Plan a published budget under other constraints.

    Parameters
    ----------
    budget : PublishedBudget
        As `read_budget` gives it.
    limits : mapping, optional
        Least and most money per channel, and of all under ``total``; those of
        the published plan where it is left out.
    rules : BudgetRules, optional
        Those of the published plan where left out.

    Returns
    -------
    BudgetPlan
        ``cells`` and ``summary``, named as the columns of ``bi.budget_plan``
        and ``bi.budget_summary``.

    Raises
    ------
    ConstraintError
        When no plan can keep to them; the message is meant for who set them.
    """
    rules = rules or budget.rules
    for name, value, least in (
        (
            "The part of itself by which an amount may change",
            rules.move_limit,
            0,
        ),
        ("The certainty asked for", rules.certainty, 0.5),
    ):
        if not least <= value <= 1:
            raise ConstraintError(
                f"{name} is {value:g}: it lies between {least:g} and 1."
            )
    low, high = rules.doubling_adds
    if not 0 < low <= high <= 1:
        raise ConstraintError(
            f"What doubling adds is {low:g} to {high:g}: from above 0 to 1, "
            "the smaller part first."
        )
    return plan_from(
        budget.evidence,
        limits=budget.limits if limits is None else limits,
        rules=rules,
    )
