"""The budget in the warehouse: every cent once, no few customers shown."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from homes import Home

from ml.budget_allocation import ConstraintError
from ml.evidence import FLOOR
from ml.synthetic import SampleCompany
from orchestration.lib.budget import budget_rules, build_budget
from orchestration.lib.settings import SettingsError, project_vars

PLAN = "select * from marts.budget_plan"


def money_of_the_last_year(company: SampleCompany) -> pd.DataFrame:
    spend = company.entities["marketing_spend"]
    spend = spend[spend["spend_date"] > pd.Timestamp("2025-06-30")]
    return spend.astype({"channel": str, "campaign_id": str})


def test_the_plan_splits_what_was_spent(
    built: Home, company: SampleCompany
) -> None:
    spent = money_of_the_last_year(company)
    cells = built.frame("from ml.budget_cells")
    (whole,) = built.rows(
        "select current_amount, planned_amount, period_from, period_to, "
        "count_months, currency from marts.budget_summary"
    )
    assert float(whole[0]) == pytest.approx(spent["amount"].sum(), abs=1e-6)
    assert whole[0] == whole[1]
    assert [str(one) for one in whole[2:4]] == ["2025-07-01", "2026-06-30"]
    assert whole[4:] == (12, "USD")
    told = cells.groupby("channel")["current_amount"].sum()
    campaigns = company.entities["campaigns"]
    channels = campaigns.set_index("campaign_id")["channel"].astype(str)
    by_channel = spent["amount"].groupby(
        spent["campaign_id"].map(channels.to_dict()).fillna(spent["channel"])
    )
    for channel, amount in by_channel.sum().items():
        assert float(told[channel]) == pytest.approx(amount, abs=1e-6), channel


def test_a_campaigns_money_falls_on_those_it_treated(
    built: Home, company: SampleCompany
) -> None:
    spent = money_of_the_last_year(company).groupby("campaign_id")["amount"]
    arms = built.frame(
        "from intermediate.int_campaign_arms where arm = 'treated'"
    )
    share = arms["count_customers"] / arms.groupby("campaign_id")[
        "count_customers"
    ].transform("sum")
    arms["money"] = share * arms["campaign_id"].map(spent.sum()).fillna(0)
    expected = arms.groupby(["persona_id", "channel"])["money"].sum()
    cells = built.frame("from ml.budget_cells").set_index(
        ["persona_id", "channel"]
    )["current_amount"]
    assert len(expected[expected > 0]) > 20
    for key, amount in expected[expected > 0].items():
        assert float(cells[key]) == pytest.approx(amount, abs=1e-3), key


def test_no_published_cell_shows_a_few_customers(built: Home) -> None:
    told = built.frame(PLAN)
    exact = built.frame("from ml.budget_cells")
    both = told.merge(exact, on=["persona_id", "channel"], suffixes=("", "_x"))
    assert len(both) == len(exact)
    tested = both[both["persona_id"] != "all"]
    hidden = tested[tested["has_hidden_figures"]]
    shown = tested[~tested["has_hidden_figures"]]
    assert len(hidden) > 0
    assert len(shown) > 0
    counts = ["count_treated", "count_held_out"]
    assert (shown[counts].min() >= FLOOR).all()
    figures = told.columns[
        told.columns.get_loc("current_amount") : told.columns.get_loc("basis")
    ]
    assert hidden[list(figures)].isna().all(axis=None)
    assert not hidden["reason"].str.contains(r"\d").any()
    # What is hidden in a channel counts enough customers together.
    together = hidden.groupby("channel")["count_treated_x"].sum()
    assert (together >= FLOOR).all()


def test_what_is_not_tested_is_not_moved(built: Home) -> None:
    rows = built.rows(
        "select count(*), count(return_today), "
        "count(*) filter (planned_amount <> current_amount) "
        "from marts.budget_plan "
        "where verdict in ('no experiment', 'not enough data')"
    )
    assert rows[0][0] > 5
    assert rows[0][1:] == (0, 0)


def test_the_plan_is_published(built: Home) -> None:
    told = built.rows(
        "select persona_id, channel, planned_amount, verdict "
        "from marts.budget_plan order by channel, persona_id"
    )
    assert told == built.published(
        "select persona_id, channel, planned_amount, verdict "
        "from bi.budget_plan order by channel, persona_id"
    )
    assert len(built.published("from bi.budget_summary")) == 1


@pytest.fixture
def own(built: Home, tmp_path: Path) -> Home:
    """Return a copy of the built home, for whoever writes into it."""
    settings = replace(built.settings, home=tmp_path / "own")
    settings.home.mkdir()
    shutil.copy(built.settings.warehouse_path, settings.warehouse_path)
    return Home(settings)


def constrain(
    home: Home, *rows: tuple[str, float | None, float | None]
) -> None:
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.executemany(
            "insert into meta.budget_constraints values (?, ?, ?)", rows
        )


def test_a_plan_made_again_is_the_same(own: Home) -> None:
    tables = ("ml.budget_cells", "ml.budget_totals")
    before = [own.rows(f"from {table} order by all") for table in tables]
    build_budget(own.settings)
    assert before == [
        own.rows(f"from {table} order by all") for table in tables
    ]


def test_constraints_of_people_are_kept(own: Home) -> None:
    constrain(own, ("paid_search", None, 20_000), ("total", 90_000, 90_000))
    build_budget(own.settings)
    (sums,) = own.rows(
        "select sum(planned_amount), "
        "sum(planned_amount) filter (channel = 'paid_search'), "
        "sum(current_amount) from ml.budget_cells"
    )
    assert float(sums[0]) == pytest.approx(90_000, abs=0.01)
    assert float(sums[1]) <= 20_000.01
    assert float(sums[2]) > 90_000
    reasons = own.rows(
        "select reason from ml.budget_cells where channel = 'paid_search'"
    )
    assert all("budget_constraints" in row[0] for row in reasons)


def test_constraints_nobody_can_keep_are_named(own: Home) -> None:
    constrain(own, ("radio", 100, None))
    with pytest.raises(ConstraintError, match="radio"):
        build_budget(own.settings)


def test_without_campaigns_or_money_nothing_is_planned(own: Home) -> None:
    with duckdb.connect(str(own.settings.warehouse_path)) as connection:
        for table in ("int_campaign_arms", "int_campaign_arm_covariates"):
            connection.execute(f"delete from intermediate.{table}")
    build_budget(own.settings)
    assert own.rows("select distinct verdict from ml.budget_cells") == [
        ("no experiment",)
    ]
    with duckdb.connect(str(own.settings.warehouse_path)) as connection:
        connection.execute("delete from intermediate.int_budget_spend")
    assert build_budget(own.settings) == {
        "budget_cells": 0,
        "budget_totals": 0,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_move_limit", 2),
        ("budget_move_limit", "half"),
        ("budget_certainty", 0.2),
        ("budget_certainty", True),
        ("budget_doubling_adds", [0, 1]),
        ("budget_doubling_adds", [0.9, 0.5]),
        ("budget_doubling_adds", 0.7),
    ],
)
def test_a_var_out_of_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        budget_rules(project_vars() | {name: value})


def test_the_vars_of_the_project_are_in_range() -> None:
    rules = budget_rules(project_vars())
    assert rules.certainty == 0.95
    assert rules.move_limit == 0.5
    assert rules.doubling_adds == (0.4, 1.0)
