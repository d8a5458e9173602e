"""The budget in the warehouse: every cent once, no few customers shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pandas as pd
import pytest
from homes import Home

from ml.budget import BudgetPlan, BudgetRules
from ml.budget_allocation import Bounds, ConstraintError
from ml.evidence import FLOOR
from ml.synthetic import SampleCompany
from orchestration.lib.budget import budget_rules, build_budget
from orchestration.lib.published import open_published
from orchestration.lib.published_budget import plan_again, read_budget
from orchestration.lib.settings import SettingsError, project_vars


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
    of_personas = expected[expected > 0]
    told = of_personas[of_personas.index.isin(cells.index)]
    assert len(told) > 10
    for key, amount in told.items():
        assert float(cells[key]) == pytest.approx(amount, abs=1e-3), key
    # Those that are not told by themselves are together, channel by channel.
    rest = of_personas.drop(told.index).groupby("channel").sum()
    assert len(rest) > 1
    for channel, amount in rest.items():
        assert float(cells["other", channel]) == pytest.approx(
            amount, abs=1e-3
        ), channel


def test_no_published_cell_shows_a_few_customers(built: Home) -> None:
    hidden = set(
        built.published(
            "select distinct persona_id, channel from bi.campaign_lift "
            "where has_hidden_counts"
        )
    )
    assert hidden
    for table in ("budget_plan", "budget_responses"):
        told = built.published(
            f"select persona_id, channel, count_treated, count_held_out "
            f"from bi.{table} where persona_id <> 'all'"
        )
        assert {row[:2] for row in told}.isdisjoint(hidden), table
        counts = [count for row in told for count in row[2:] if count]
        assert min(counts) >= FLOOR, table


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


# -- made again from what is published ---------------------------------------

PUBLISHED = (
    "budget_plan",
    "budget_summary",
    "budget_responses",
    "budget_limits",
)
RULES = BudgetRules(move_limit=0.8, certainty=0.8, doubling_adds=(0.7, 1.0))
LIMITS = {
    "paid_social": Bounds(None, 60_000),
    "total": Bounds(220_000, 220_000),
}


@contextmanager
def reading(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file with the tables of the budget as they are published."""
    home.dbt_build("--select", *PUBLISHED, excluded=("unit_test", "test"))
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{home.settings.warehouse_path}' as warehouse (read_only)"
        )
        connection.execute("create schema bi")
        for table in PUBLISHED:
            connection.execute(
                f"create table bi.{table} as from warehouse.marts.{table}"
            )
        connection.execute("detach warehouse")
        yield connection


def assert_same_plan(again: BudgetPlan, home: Home) -> None:
    """Compare a plan with the one in the warehouse, to its last digit."""
    keys = ["channel", "persona_id"]
    for frame, table in (
        (again.cells.sort_values(keys), "budget_cells order by all"),
        (again.summary, "budget_totals"),
    ):
        kept = home.frame(f"from ml.{table}")
        if set(keys) <= set(kept):
            kept = kept.sort_values(keys)
        pd.testing.assert_frame_equal(
            frame.reset_index(drop=True),
            kept[list(frame.columns)].reset_index(drop=True),
            check_dtype=False,
            rtol=1e-9,
            atol=5.1e-5,  # Amounts are kept to four decimals.
        )


def make_personas_differ(home: Home) -> None:
    """Let the mail of one persona bring much more, that of another less."""
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        for persona, more in (("P01", 40.0), ("P02", -15.0)):
            connection.execute(
                "update intermediate.int_campaign_arms set "
                "sum_squared_net_amount = sum_squared_net_amount "
                "+ 2 * $m * sum_net_amount + $m * $m * count_customers, "
                "sum_squared_margin_amount = sum_squared_margin_amount "
                "+ 2 * $m * sum_margin_amount + $m * $m * count_customers, "
                "sum_net_amount = sum_net_amount + $m * count_customers, "
                "sum_costed_net_amount = sum_costed_net_amount "
                "+ $m * count_customers, "
                "sum_margin_amount = sum_margin_amount + $m * count_customers "
                "where arm = 'treated' and persona_id = $p "
                "and channel in ('paid_social', 'direct_mail')",
                {"m": more, "p": persona},
            )


def test_the_published_file_alone_gives_its_plan(built: Home) -> None:
    with open_published(built.settings.published_path) as connection:
        budget = read_budget(connection)
    assert budget is not None
    assert budget.rules == budget_rules(project_vars())
    assert set(budget.limits.values()) == {Bounds()}
    assert {"total", "email", "paid_search"} <= set(budget.limits)
    again = plan_again(budget)
    assert_same_plan(again, built)
    (amounts,) = built.published(
        "select list(planned_amount::double order by channel, persona_id) "
        "from bi.budget_plan"
    )
    assert again.cells["planned_amount"].to_list() == pytest.approx(amounts[0])


@pytest.mark.parametrize(
    "has_limits", [pytest.param(False, marks=pytest.mark.slow), True]
)
def test_a_plan_that_moves_money_is_made_again(
    own: Home, has_limits: bool
) -> None:
    make_personas_differ(own)
    if has_limits:
        constrain(own, ("direct_mail", None, 13_000), ("sms", 500, None))
    build_budget(own.settings)
    with reading(own) as connection:
        budget = read_budget(connection)
    assert budget is not None
    assert budget.limits["direct_mail"] == (
        Bounds(None, 13_000) if has_limits else Bounds()
    )
    again = plan_again(budget)
    assert again.summary["verdict"].to_list() == ["move"]
    assert again.summary["moved_amount"].iloc[0] > 100
    assert_same_plan(again, own)


def test_other_constraints_give_what_a_run_under_them_would(own: Home) -> None:
    make_personas_differ(own)
    build_budget(own.settings)
    with reading(own) as connection:
        budget = read_budget(connection)
    assert budget is not None
    again = plan_again(budget, limits=LIMITS, rules=RULES)
    constrain(
        own, *((name, one.least, one.most) for name, one in LIMITS.items())
    )
    with mock.patch(
        "orchestration.lib.budget.budget_rules", return_value=RULES
    ):
        build_budget(own.settings)
    assert_same_plan(again, own)
    assert again.summary["planned_amount"].iloc[0] == pytest.approx(220_000)
    assert again.summary["verdict"].to_list() == ["move"]


@pytest.mark.parametrize(
    ("limits", "rules", "said"),
    [
        ({"radio": Bounds(100)}, RULES, "in the channel 'radio'"),
        ({"total": Bounds(5, 1)}, RULES, "least amount of 'total'"),
        ({"email": Bounds(None, -1)}, RULES, "below 0"),
        ({}, BudgetRules(move_limit=1.5), "between 0 and 1"),
        ({}, BudgetRules(certainty=0.4), "between 0.5 and 1"),
        ({}, BudgetRules(doubling_adds=(0.0, 1.0)), "above 0"),
    ],
)
def test_what_cannot_be_kept_is_said_to_whom_asks(
    built: Home, limits: dict[str, Bounds], rules: BudgetRules, said: str
) -> None:
    with open_published(built.settings.published_path) as connection:
        budget = read_budget(connection)
    assert budget is not None
    with pytest.raises(ConstraintError, match=said):
        plan_again(budget, limits=limits, rules=rules)


def test_constraints_nobody_can_keep_are_named(own: Home) -> None:
    constrain(own, ("radio", 100, None))
    with pytest.raises(ConstraintError, match=r"budget_constraints.*radio"):
        build_budget(own.settings)


@pytest.mark.slow
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
    counts = build_budget(own.settings)
    assert counts["budget_cells"] == counts["budget_totals"] == 0
    with reading(own) as connection:
        assert read_budget(connection) is None


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
