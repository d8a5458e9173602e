"""Planted lifts and the planted harm, found through the whole warehouse."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from homes import SAMPLE, Home, deliver_company, make_home

from ml.synthetic import SampleCompany, generate, planted_personas_today
from orchestration.lib.campaigns import build_campaign_effects

pytestmark = pytest.mark.slow

COUNT = 20_000


@pytest.fixture(scope="module")
def large_company() -> SampleCompany:
    return generate(COUNT, seed=3)


@pytest.fixture(scope="module")
def large(
    tmp_path_factory: pytest.TempPathFactory, large_company: SampleCompany
) -> Home:
    home = make_home(tmp_path_factory.mktemp("large"), SAMPLE)
    deliver_company(home, large_company, "parquet")
    result = home.run("retrain")
    assert result.is_success, result.message
    return home


def with_plan(home: Home, company: SampleCompany) -> pd.DataFrame:
    """Return the judged rows beside the lifts planted for those personas."""
    found = home.frame(
        "select customer_id, persona_id from marts.customer_personas"
    )
    truth = planted_personas_today(company)
    truth["customer_id"] = truth["customer_id"].astype(str)
    both = found.merge(truth, on="customer_id")
    named = (
        both[both["persona_id"] != "unassigned"]
        .groupby("persona_id")["persona"]
        .agg(lambda names: names.mode()[0])
    )
    assert named.is_unique
    effects = home.frame("from ml.campaign_effects")
    effects["persona"] = effects["persona_id"].map(named).astype(object)
    planted = company.truth["campaign_lift"][
        ["campaign_id", "persona", "lift"]
    ].rename(columns={"lift": "planted"})
    planted["persona"] = planted["persona"].astype(object)
    return effects.merge(planted, on=["campaign_id", "persona"])


def test_the_planted_harm_is_called_harms_and_nothing_works_by_chance(
    large: Home, large_company: SampleCompany
) -> None:
    rows = with_plan(large, large_company)
    assert len(rows) > 60
    harmed = rows[rows["planted"] < 0]
    assert harmed[["campaign_id", "persona", "verdict"]].values.tolist() == [
        ["C08", "busy_families", "harms"]
    ]
    assert (rows[rows["planted"] >= 0]["verdict"] == "harms").mean() <= 0.05
    assert (rows[rows["planted"] == 0]["verdict"] == "works").mean() <= 0.1
    strong = rows[rows["planted"] > 1.5 * rows["detectable_lift"]]
    assert len(strong) >= 5
    assert (strong["verdict"] == "works").mean() >= 0.8
    covered = rows["planted"].between(rows["lift_low"], rows["lift_high"])
    assert covered.mean() >= 0.88


def test_personas_answer_the_harmful_campaign_differently(large: Home) -> None:
    rows = large.rows(
        "select adjusted_heterogeneity_p_value from marts.campaigns "
        "where campaign_id = 'C08'"
    )
    assert rows[0][0] < 0.01


def test_without_its_held_out_customers_a_campaign_looks_much_the_same(
    large: Home,
) -> None:
    """Whoever is touched is drawn at random, so matching finds the same."""
    randomised = large.frame(
        "select * from ml.campaign_totals where campaign_id = 'C08'"
    ).iloc[0]
    with duckdb.connect(str(large.settings.warehouse_path)) as connection:
        connection.execute(
            "delete from input_layer.input_checks__campaign_touches "
            "where campaign_id = 'C08' and is_held_out"
        )
    large.dbt_build("--select", "int_campaign_touches+")
    build_campaign_effects(large.settings)
    observed = large.frame(
        "select * from ml.campaign_totals where campaign_id = 'C08'"
    ).iloc[0]
    balance = large.frame(
        "select * from ml.campaign_balances where campaign_id = 'C08'"
    )
    assert observed["evidence"] == "observational"
    assert balance["is_balanced"].all(), balance
    assert observed["lift_low"] <= randomised["lift_high"]
    assert observed["lift_high"] >= randomised["lift_low"]
    assert (
        observed["lift_high"] - observed["lift_low"]
        < randomised["lift_high"] - randomised["lift_low"]
    )
