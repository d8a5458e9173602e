"""The budget plan: read from the warehouse, planned, written back.

What comes here is small: money per persona and channel, sums per campaign,
persona and arm, and the constraints that people set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.lib.settings import Settings, SettingsError, project_vars
from orchestration.lib.warehouse import open_warehouse, replace_tables

if TYPE_CHECKING:
    import pandas as pd

    from ml.budget import BudgetRules
    from ml.budget_allocation import Bounds


def build_budget(settings: Settings) -> dict[str, int]:
    """Plan the budget and write the plan, and what it was made from.

    Returns
    -------
    dict of str to int
        Rows per table.

    Raises
    ------
    ConstraintError
        When the seed budget_constraints contradicts itself or the money.
    """
    from ml.budget import plan_from, read_evidence
    from ml.budget_allocation import ConstraintError
    from ml.budget_merging import merge_small_cells

    rules = budget_rules(project_vars())
    with open_warehouse(settings, read_only=True) as connection:
        spend = connection.execute(
            "select persona_id, channel, spend_amount "
            "from intermediate.int_budget_spend order by channel, persona_id"
        ).df()
        arms = connection.execute(
            "select * from intermediate.int_campaign_arms "
            "order by campaign_id, persona_id, arm"
        ).df()
        effects = connection.execute(
            "select campaign_id, persona_id, has_hidden_counts "
            "from ml.campaign_effects order by campaign_id, persona_id"
        ).df()
        limits = read_limits(connection)
        unlike = unlike_campaigns(connection)
        period = connection.execute(
            "select * from intermediate.int_budget_period"
        ).df()
    spend, arms = merge_small_cells(spend, arms, effects)
    evidence = read_evidence(spend, arms[~arms["campaign_id"].isin(unlike)])
    try:
        plan = plan_from(evidence, limits=limits, rules=rules)
    except ConstraintError as error:
        raise ConstraintError(
            f"seeds/budget_constraints.csv: {error}"
        ) from error
    return replace_tables(
        settings,
        {
            "budget_cells": plan.cells.merge(period, how="cross"),
            "budget_totals": plan.summary.merge(period, how="cross"),
            "budget_responses": evidence.returns,
            "budget_limits": _limits_frame(limits, spend["channel"]),
        },
    )


def _limits_frame(
    limits: Mapping[str, Bounds], channels: Iterable[str]
) -> pd.DataFrame:
    """Return a row per channel, and one for the total, bounds or none."""
    import pandas as pd

    from ml.budget_allocation import TOTAL, Bounds

    names = sorted({*channels, *limits} - {TOTAL})
    return pd.DataFrame(
        [
            (
                name,
                limits.get(name, Bounds()).least,
                limits.get(name, Bounds()).most,
            )
            for name in [*names, TOTAL]
        ],
        columns=["channel", "min_amount", "max_amount"],
    ).astype({"min_amount": "float64", "max_amount": "float64"})


def budget_rules(project: Mapping[str, Any]) -> BudgetRules:
    """Return the vars of the budget as rules.

    Raises
    ------
    SettingsError
        When one is out of its range; the message names it.
    """
    from ml.budget import BudgetRules

    limit = _share(project, "budget_move_limit", 0.0)
    certainty = _share(project, "budget_certainty", 0.5)
    adds = project.get("budget_doubling_adds")
    is_range = (
        isinstance(adds, list)
        and len(adds) == 2
        and all(isinstance(one, int | float) for one in adds)
        and 0 < adds[0] <= adds[1] <= 1
    )
    if not is_range or adds is None:
        raise SettingsError(
            f"The var budget_doubling_adds is {adds!r}: write two shares from "
            "above 0 to 1 in dbt_project.yml, such as [0.4, 1.0]."
        )
    return BudgetRules(limit, certainty, (float(adds[0]), float(adds[1])))


def _share(project: Mapping[str, Any], name: str, least: float) -> float:
    value = project.get(name)
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or not least <= value <= 1
    ):
        raise SettingsError(
            f"The var {name} is {value!r}: write a share between {least:g} "
            "and 1 in dbt_project.yml."
        )
    return float(value)


def read_limits(connection: duckdb.DuckDBPyConnection) -> dict[str, Bounds]:
    """Return the constraints that people set, per channel and in all."""
    from ml.budget_allocation import Bounds

    rows = connection.execute(
        "select channel, min_amount::double, max_amount::double "
        "from meta.budget_constraints order by channel"
    ).fetchall()
    return {channel: Bounds(least, most) for channel, least, most in rows}


def unlike_campaigns(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Return campaigns whose arms differed too much before the touch.

    Where the held-out customers were not drawn at random, what the arms did
    afterwards tells nothing of the campaign.
    """
    from ml.campaign_matching import balance_of_arms, is_unlike

    moments = connection.execute(
        "select * from intermediate.int_campaign_arm_covariates "
        "where arm in ('treated', 'held_out') "
        "order by campaign_id, covariate, arm"
    ).df()
    balance = balance_of_arms(moments)
    return {
        str(campaign_id)
        for campaign_id, rows in balance.groupby("campaign_id")
        if is_unlike(rows, is_randomised=True)
    }
