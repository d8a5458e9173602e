"""Each metric has one definition: the scorecard says what MetricFlow says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from homes import Home, without_network

from orchestration.lib.metrics import metricflow_environment
from orchestration.lib.runs import run_lock
from orchestration.lib.settings import PROJECT_ROOT

# Metrics of facts that know the persona of the month only: who churns depends
# on it, and spend is shared out by it.
MONTH_ONLY = {
    *("customers", "live_customers", "lapsed_customers", "churned_customers"),
    *("reactivated_customers", "churn_rate", "orders_per_customer_year"),
    *("ticket_rate", "complaint_rate", "touched_rate"),
    *("marketing_spend", "acquisition_spend", "cac"),
}
VALUE = {
    "alive_probability": "p_alive",
    "clv": "clv_per_customer",
    "customer_base_value": "clv_12m",
    "expected_orders": "expected_orders_12m",
    "expected_revenue": "expected_net_amount_12m",
}
LIFT = {
    "treated_conversion_rate": "treated_conversion_share",
    "held_out_conversion_rate": "compared_conversion_share",
    "lift": "lift",
}
MONTH = ["persona_id", "month"]
# As docs/metrics.md has it.
DOCUMENTED = (
    "query --metrics revenue,repeat_rate "
    "--group-by persona,metric_time__month --order metric_time__month"
)


@dataclass(frozen=True)
class Answers:
    """What MetricFlow said of the scorecard's metrics, and how it ended."""

    columns: dict[str, str]
    by_month: pd.DataFrame
    by_today: pd.DataFrame
    of_the_company: pd.DataFrame
    of_the_year: pd.DataFrame
    of_campaigns: pd.DataFrame
    of_the_future: pd.DataFrame
    printed: str


def read_answer(path: Path) -> pd.DataFrame:
    answer = pd.read_csv(path).rename(
        columns={
            "persona": "persona_id",
            "persona_today": "persona_id",
            "campaign": "campaign_id",
        }
    )
    if "metric_time__month" in answer:
        answer["month"] = pd.to_datetime(answer.pop("metric_time__month"))
    return answer


@pytest.fixture(scope="module")
def answers(demo: Home, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Ask for every metric that the scorecard has, in one process."""
    folder = tmp_path_factory.mktemp("answers")
    columns = dict(
        demo.rows(
            "select metric_name, kpi_column from marts.metric_definitions "
            "where kpi_table = 'persona_kpis_monthly'"
        )
    )
    assert set(columns) > MONTH_ONLY
    both = set(columns) - MONTH_ONLY

    yearly = {
        metric
        for (metric,) in demo.rows(
            "select metric_name from marts.metric_definitions "
            "where period = 'any' and kpi_column in "
            "(select metric from marts.persona_scorecard)"
        )
    }
    ((first_day, last_day),) = demo.rows(
        "select max(month) - interval 11 month, last_day(max(month)) "
        "from intermediate.int_persona_months where is_complete"
    )

    def ask(name: str, metrics: set[str], *group_by: str) -> list[str]:
        chosen = ("--metrics", ",".join(sorted(metrics)))
        groups = ("--group-by", ",".join(group_by))
        path = str(folder / f"{name}.csv")
        return ["query", "--quiet", *chosen, *groups, "--csv", path]

    questions = [
        ask("month", set(columns), "persona", "metric_time__month"),
        ask("today", both, "persona_today", "metric_time__month"),
        ask("company", set(columns), "metric_time__month"),
        [
            *ask("year", yearly, "persona"),
            *("--start-time", f"{first_day:%Y-%m-%d}"),
            *("--end-time", f"{last_day:%Y-%m-%d}"),
        ],
        ask("campaigns", set(LIFT), "campaign", "persona"),
        ask("future", set(VALUE), "persona"),
        ["validate-configs"],
    ]
    with demo.entered():
        asked = subprocess.run(
            [
                *without_network(),
                sys.executable,
                str(PROJECT_ROOT / "tests" / "mf_answers.py"),
            ],
            input=json.dumps(questions),
            env={
                **demo.environment,
                **metricflow_environment(demo.settings),
                "PYTHONPATH": str(PROJECT_ROOT),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert asked.returncode == 0, asked.stdout[-3000:] + asked.stderr[-3000:]
    return Answers(
        columns,
        *(
            read_answer(folder / f"{name}.csv")
            for name in (
                *("month", "today", "company", "year", "campaigns", "future"),
            )
        ),
        asked.stdout,
    )


def beside(
    answer: pd.DataFrame, table: pd.DataFrame, keys: list[str]
) -> Callable[[str, str], tuple[pd.Series, pd.Series]]:
    """Return what looks up a metric and a column in the same rows.

    The table is gapless; where MetricFlow has no row, nothing happened.
    """
    assert not answer.duplicated(keys).any()
    joined = table.add_prefix("table_").merge(
        answer,
        how="outer",
        left_on=[f"table_{key}" for key in keys],
        right_on=keys,
        indicator=True,
    )
    assert (joined["_merge"] != "right_only").all()

    def look_up(metric: str, column: str) -> tuple[pd.Series, pd.Series]:
        said = pd.to_numeric(joined[metric]).astype(float)
        told = pd.to_numeric(joined[f"table_{column}"]).astype(float)
        return said, told

    return look_up


def is_equal(said: pd.Series, told: pd.Series) -> bool:
    return np.allclose(said.fillna(0), told, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("basis", ["month", "today"])
def test_the_scorecard_tells_what_mf_query_answers(
    demo: Home, answers: Answers, basis: str
):
    answer = answers.by_month if basis == "month" else answers.by_today
    suffix = "" if basis == "month" else "_today"
    table = demo.frame(f"from marts.persona_kpis_monthly{suffix}")
    look_up = beside(answer, table, MONTH)
    unseen = []
    for metric in set(answer.columns) - set(MONTH):
        said, told = look_up(metric, answers.columns[metric])
        seen = told.notna()
        assert is_equal(said[seen], told[seen]), metric
        if not told[seen].any():
            unseen.append(metric)
    assert unseen == []


def test_hidden_cells_hide_what_mf_query_answers(demo: Home, answers: Answers):
    """Where the scorecard is silent, it hides, or there is nothing to say."""
    table = demo.frame("from marts.persona_kpis_monthly")
    look_up = beside(answers.by_month, table, MONTH)
    _, hidden = look_up("revenue", "is_partly_hidden")
    for metric, column in answers.columns.items():
        said, told = look_up(metric, column)
        silent = told.isna() & (hidden == 0)
        assert said[silent].isna().all(), metric
    assert hidden.any()


@pytest.mark.parametrize(("basis", "fewest"), [("month", 28), ("today", 22)])
def test_the_exact_sums_are_what_mf_query_answers(
    demo: Home, answers: Answers, basis: str, fewest: int
):
    """To the cent and the customer, also where the scorecard hides."""
    answer = answers.by_month if basis == "month" else answers.by_today
    table = demo.frame(
        "select *, gross_amount - discount_amount - return_amount as net_amount"
        " from intermediate.int_persona_months "
        f"where persona_basis = '{basis}'"
    )
    look_up = beside(answer, table, MONTH)
    additive = {
        metric: column
        for metric, column in answers.columns.items()
        if metric in answer and column in table
    }
    assert len(additive) >= fewest
    for metric, column in additive.items():
        assert is_equal(*look_up(metric, column)), metric


def test_rates_of_the_company_are_no_means_of_its_personas(
    demo: Home, answers: Answers
):
    table = demo.frame(
        "select month, sum(active_customers) as active_customers, "
        "sum(repeat_customers) / nullif(sum(active_customers), 0) as repeated, "
        "sum(retained_customers) / nullif(sum(previous_active_customers), 0) "
        "as retained, sum(count_customers) as count_customers, "
        "sum(acquisition_spend)::double / nullif(sum(new_customers), 0) as cac "
        "from intermediate.int_persona_months where persona_basis = 'month' "
        "group by month"
    )
    look_up = beside(answers.of_the_company, table, ["month"])
    for metric, column in {
        "active_customers": "active_customers",
        "repeat_rate": "repeated",
        "retention_rate": "retained",
        "customers": "count_customers",
        "cac": "cac",
    }.items():
        said, told = look_up(metric, column)
        assert is_equal(said[told.notna()], told.dropna()), metric


def test_the_year_at_a_glance_tells_what_mf_query_answers(
    demo: Home, answers: Answers
):
    """Over many months a rate has one meaning too."""
    told = demo.frame(
        "select metric, persona_id, persona_value "
        "from marts.persona_scorecard where persona_value is not null"
    ).pivot(index="persona_id", columns="metric", values="persona_value")
    said = answers.of_the_year.set_index("persona_id").reindex(told.index)
    assert len(said.columns) >= 15
    for metric in said.columns:
        column = told[answers.columns[metric]].dropna()
        assert len(column) > 0, metric
        assert is_equal(said[metric][column.index], column), metric


def test_a_lift_is_what_mf_query_answers(demo: Home, answers: Answers):
    """The exact ones; where there is none, too few bought or were held out."""
    table = demo.frame(
        "select campaign_id, persona_id, treated_conversion_share, "
        "compared_conversion_share, lift from ml.campaign_effects "
        "where evidence = 'randomised' and persona_id is not null "
        "and lift is not null and not isnan(lift)"
    )
    assert len(table) > 10
    joined = table.merge(
        answers.of_campaigns,
        on=["campaign_id", "persona_id"],
        suffixes=("_told", ""),
    )
    assert len(joined) == len(table)
    for metric, column in LIFT.items():
        told = joined[f"{column}_told" if metric == column else column]
        assert is_equal(joined[metric], told), metric


def test_the_value_of_customers_is_what_mf_query_answers(
    demo: Home, answers: Answers
):
    """To the rounding of the table, whose money has four digits."""
    table = demo.frame("from marts.persona_value where not is_hidden")
    said = answers.of_the_future.set_index("persona_id").reindex(
        table["persona_id"]
    )
    assert len(table) >= 5
    for metric, column in VALUE.items():
        told = table[column].astype(float)
        assert told.notna().any(), metric
        assert np.allclose(
            said[metric].to_numpy(), told, rtol=1e-9, atol=6e-5, equal_nan=True
        ), metric


def test_mf_validate_configs_finds_no_error(answers: Answers):
    for what in ("semantics of built", "semantic models", "dimensions"):
        assert f"Successfully validated {what}" in answers.printed.replace(
            "the semantics", "semantics"
        )
    assert "Successfully validated metrics against" in answers.printed


def test_every_metric_is_defined_for_people_who_use_a_bi_tool(demo: Home):
    manifest = json.loads(
        (demo.settings.dbt_target / "manifest.json").read_text()
    )
    rows = demo.published(
        "select metric_name, label, meaning, formula, unit, owner "
        "from bi.metric_definitions"
    )
    assert {name for name, *_ in rows} == {
        metric["name"] for metric in manifest["metrics"].values()
    }
    assert len(rows) >= 20
    assert all(all(row) for row in rows)
    units = {row[4] for row in rows}
    assert units == {
        *("USD", "share", "count", "days", "hours", "score", "points"),
    }


def test_every_kpi_column_exists(demo: Home):
    named = demo.rows(
        "select kpi_table, kpi_column from marts.metric_definitions "
        "where kpi_table is not null"
    )
    there = demo.rows(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts'"
    )
    assert len(named) >= 20
    assert set(named) <= set(there)


def test_the_documented_question_is_answered_without_network(demo: Home):
    asked = subprocess.run(
        [
            *without_network(),
            *(sys.executable, "-m", "orchestration.cli"),
            *("mf", *DOCUMENTED.split()),
        ],
        env={**demo.environment, "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    lines = [line.split() for line in asked.stdout.strip().splitlines()]
    head = lines.index(
        ["metric_time__month", "persona", "revenue", "repeat_rate"]
    )
    printed = {
        (month[:10], persona): float(figures[0]) if figures else 0.0
        for month, persona, *figures in lines[head + 2 :]
    }
    told = demo.rows(
        "select month::varchar, persona_id, "
        "(gross_amount - discount_amount - return_amount)::double "
        "from intermediate.int_persona_months where persona_basis = 'month'"
    )
    assert len(printed) == len(lines) - head - 2
    for month, persona, revenue in told:
        found = printed.pop((month, persona), 0.0)
        assert np.isclose(found, revenue, rtol=1e-5), (month, persona)
    assert printed == {}


def test_mf_waits_for_no_run_and_disturbs_none(demo: Home):
    with run_lock(demo.settings):
        answered = demo.persona("mf", "list", "metrics")
    assert answered.exit_code == 1
    assert "Another run holds" in answered.output


def test_mf_says_what_to_do_before_the_first_run(shop_home: Home):
    shop_home.reset()
    answered = shop_home.persona("mf", "list", "metrics")
    assert answered.exit_code == 1
    assert "`persona run` builds it" in " ".join(answered.output.split())
    assert not shop_home.settings.warehouse_path.exists()
