"""The budget planned anew under constraints that a reader tries.

The published file holds what the plan was made from: money, measured returns
and the constraints of the published plan. The same pure code plans again, with
what the reader wishes put over these constraints; nothing is written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestration.dashboard.page import Page
from orchestration.lib.cards.deck import Row

if TYPE_CHECKING:
    import pandas as pd

    from ml.budget import BudgetRules
    from ml.budget_allocation import Bounds
    from orchestration.lib.published_budget import PublishedBudget

OF_THE_PERIOD = ("currency", "period_from", "period_to", "count_months")
TOTAL = "total"


class WishError(ValueError):
    """The constraints contradict each other; the message says how."""


@dataclass(frozen=True)
class Wishes:
    """Constraints that a reader has changed; None where they are as published.

    Attributes
    ----------
    total : float, optional
        Money of all channels.
    move_limit, certainty : float, optional
        As in `ml.budget.BudgetRules`.
    least, most : mapping
        Money per channel.
    """

    total: float | None = None
    move_limit: float | None = None
    certainty: float | None = None
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_any(self) -> bool:
        """Whether anything is changed."""
        rules = (self.total, self.move_limit, self.certainty)
        return bool(self.least or self.most) or rules != (None, None, None)


@dataclass(frozen=True)
class Plan:
    """A plan as the published tables have it.

    Attributes
    ----------
    cells : sequence of Row
        Of ``budget_plan``.
    summary : Row
        Of ``budget_summary``.
    """

    cells: Sequence[Row]
    summary: Row


def published_plan(page: Page) -> Plan | None:
    """Return the published plan, if there is one."""
    summary = page.publication.row("select * from bi.budget_summary")
    if summary is None:
        return None
    cells = page.rows(
        "select * from bi.budget_plan order by channel, persona_id"
    )
    return Plan(cells, summary)


def replan(published: Plan, budget: PublishedBudget, wishes: Wishes) -> Plan:
    """Return the plan under what the reader wishes.

    Raises
    ------
    WishError
        When the constraints contradict each other.
    """
    from ml.budget_allocation import ConstraintError
    from orchestration.lib.published_budget import plan_again

    try:
        plan = plan_again(
            budget,
            limits=limits_of(wishes, budget.limits),
            rules=rules_of(wishes, budget.rules),
        )
    except ConstraintError as error:
        raise WishError(str(error)) from error
    shared = {name: published.summary[name] for name in OF_THE_PERIOD}
    return Plan(
        [{**row, **shared} for row in plain_rows(plan.cells)],
        {**plain_rows(plan.summary)[0], **shared},
    )


def limits_of(
    wishes: Wishes, published: Mapping[str, Bounds]
) -> dict[str, Bounds]:
    """Return the published limits with what the reader wishes over them."""
    limits = dict(published)
    for channel, amount in wishes.least.items():
        limits[channel] = replace(published[channel], least=amount)
    for channel, amount in wishes.most.items():
        limits[channel] = replace(limits[channel], most=amount)
    if wishes.total is not None:
        limits[TOTAL] = replace(
            published[TOTAL], least=wishes.total, most=wishes.total
        )
    return limits


def rules_of(wishes: Wishes, published: BudgetRules) -> BudgetRules:
    """Return the published rules with what the reader wishes over them."""
    rules = published
    if wishes.move_limit is not None:
        rules = replace(rules, move_limit=wishes.move_limit)
    if wishes.certainty is not None:
        rules = replace(rules, certainty=wishes.certainty)
    return rules


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, None where a number is missing."""
    return [
        {
            str(name): None
            if isinstance(value, float) and not math.isfinite(value)
            else value
            for name, value in row.items()
        }
        for row in frame.to_dict("records")
    ]
