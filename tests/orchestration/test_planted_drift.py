"""Planted drift is told at once; where nothing changes, hardly ever."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from homes import SAMPLE, Home, deliver_company, make_home

from ml.synthetic import generate
from orchestration.lib.drift import months_that_ask

pytestmark = pytest.mark.slow

SEEDS = range(5)
COUNT = 2_000
WATCHED = (
    "select month_end, drift_kind, status, reason from marts.persona_drift "
    "order by month_end, drift_kind"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("drift"), SAMPLE)


def at(home: Home, day: date) -> Home:
    return Home(dataclasses.replace(home.settings, as_of_date=day))


def test_without_drift_hardly_any_month_asks_for_a_training(home: Home):
    """Five companies, 24 months each after the training: at most once."""
    asked = []
    for seed in SEEDS:
        home.reset()
        company = generate(
            COUNT, seed=seed, months=60, orders_per_customer=15, steady=True
        )
        deliver_company(home, company, "parquet")
        assert at(home, date(2024, 6, 30)).run("retrain").is_success
        assert at(home, date(2026, 6, 30)).run("refresh").is_success
        rows = home.rows(WATCHED)
        for kind in ("assignment", "input"):
            told = [row for row in rows if row[1] == kind]
            assert len(told) == 25, kind  # and that of the training
        asked += [row for row in rows if row[2] == "retrain"]
    assert len(asked) <= 1, asked


@pytest.mark.parametrize("seed", range(2))
def test_planted_drift_asks_for_a_training_within_two_months(
    home: Home, seed: int
):
    """Prices, baskets and channels change with January; before, nothing."""
    home.reset()
    company = generate(COUNT, seed=seed, steady=True, drift_month=30)
    deliver_company(home, company, "parquet")
    assert at(home, date(2025, 12, 31)).run("retrain").is_success
    later = at(home, date(2026, 2, 28))
    assert later.run("refresh").is_success
    statuses = {
        row[0]: row[2] for row in home.rows(WATCHED) if row[1] == "input"
    }
    assert statuses[date(2025, 12, 31)] == "ok"
    assert "retrain" in statuses.values()
    asking = months_that_ask(later.settings)
    assert [one.drift_kind for one in asking] == ["input"]
    # Trained anew the sensor is silent, whoever approves it.
    assert later.run("retrain").is_success
    assert months_that_ask(later.settings) == []
