"""Drift: the table, what asks for a training, and what is checked."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date
from unittest import mock

import duckdb
import numpy as np
import pandas as pd
import pytest
from dagster import AssetCheckSeverity, RunRequest, build_sensor_context
from homes import SAMPLE, Home, make_home

from ml.drift import bins_of, stability_index
from orchestration.defs import automation
from orchestration.defs.automation import drift_sensor
from orchestration.defs.checks import model_checks
from orchestration.lib.drift import months_that_ask, newest_drift

LAST = date(2026, 6, 30)


def test_after_a_training_its_own_month_is_told_and_is_ok(built: Home):
    assert built.published(
        "select drift_kind, month_end, status from bi.persona_drift "
        "order by drift_kind"
    ) == [("assignment", LAST, "ok"), ("input", LAST, "ok")]
    assert newest_drift(built.settings)[0].reason.endswith("0.30.")
    assert months_that_ask(built.settings) == []


def test_the_index_is_that_of_python_feature_by_feature(built: Home):
    """From the customers of the month, through bins of their own."""
    months = built.frame(
        "from intermediate.int_customer_month_behaviour "
        "where month = date '2026-06-01'"
    )
    bins = built.frame("from ml.model_bins order by feature, bin")
    found = built.frame("from marts.persona_drift_features").set_index(
        "feature"
    )
    assert set(found.index) == set(bins["feature"])
    assert len(found) > 10
    for feature, own in bins.groupby("feature"):
        edges = own["lower_edge"].dropna().to_numpy()
        values = months[str(feature)].to_numpy(dtype=float)
        counts = np.bincount(bins_of(values, edges), minlength=len(own))
        index, chance = stability_index(
            own["reference_count"].to_numpy(dtype=float), counts.astype(float)
        )
        told = found.loc[str(feature)]
        assert told["psi"] == pytest.approx(index, abs=1e-4), feature
        assert told["psi_by_chance"] == pytest.approx(chance, abs=1e-4)
        assert told["missing_share"] == pytest.approx(
            np.isnan(values).mean(), abs=0.005
        )
        unknown = own.loc[own["bin"] == 0, "reference_count"].item()
        assert told["reference_missing_share"] == pytest.approx(
            unknown / own["reference_count"].sum(), abs=0.005
        )


def test_the_reference_is_the_year_before(built: Home):
    """All customer-months of it, where there are no more than the limit."""
    count = built.rows(
        "select count(*) from intermediate.int_customer_month_behaviour "
        "where month >= date '2025-07-01' and month <= date '2026-06-01'"
    )[0][0]
    assert built.rows(
        "select distinct sum(reference_count) over (partition by feature) "
        "from ml.model_bins"
    ) == [(min(count, 20_000),)]


@pytest.fixture
def drifted(built: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home whose newest month says retrain, by hand."""
    home = make_home(tmp_path_factory.mktemp("drifted"), SAMPLE)
    shutil.copy(built.settings.warehouse_path, home.settings.warehouse_path)
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.execute(
            "update ml.model_runs set as_of_date = date '2026-05-31'"
        )
        connection.execute(
            "update marts.persona_drift set status = 'retrain' "
            "where drift_kind = 'input'"
        )
    return home


def test_the_sensor_asks_once_per_model_and_month(drifted: Home):
    sensor = drift_sensor(drifted.settings)
    (asked,) = sensor.evaluate_tick(build_sensor_context()).run_requests
    assert isinstance(asked, RunRequest)
    model = drifted.rows("select model_run_id from ml.model_runs")[0][0]
    assert asked.run_key == f"{model}|{LAST}"
    assert sensor.job_name == "retrain"
    # A model that has seen the month has answered, whoever approves it.
    with duckdb.connect(str(drifted.settings.warehouse_path)) as connection:
        connection.execute(
            "insert into ml.model_runs select * replace ('m2' as "
            "model_run_id, date '2026-06-30' as as_of_date) "
            "from ml.model_runs"
        )
    later = sensor.evaluate_tick(build_sensor_context())
    assert later.run_requests == []
    assert "No drift" in (later.skip_message or "")


def test_the_sensor_waits_for_a_run_to_end(drifted: Home, tmp_path):  # type: ignore[no-untyped-def]
    sensor = drift_sensor(drifted.settings)
    with mock.patch.object(
        automation, "months_that_ask", side_effect=duckdb.IOException("lock")
    ):
        tick = sensor.evaluate_tick(build_sensor_context())
    assert tick.run_requests == []
    assert "A run is writing" in (tick.skip_message or "")
    nothing = drift_sensor(make_home(tmp_path / "home", SAMPLE).settings)
    assert nothing.evaluate_tick(build_sensor_context()).run_requests == []


def test_retrain_and_review_warn_in_the_ui(built: Home, drifted: Home):
    for home, passed in ((built, True), (drifted, False)):
        drift, gates = (one() for one in model_checks(home.settings))
        assert drift.passed is passed
        assert drift.severity == AssetCheckSeverity.WARN
        assert "input" in drift.metadata
        assert gates.passed is True


# -- the bounds, on hand-made months ----------------------------------------


@pytest.mark.slow
def test_each_status_has_its_bound(drifted: Home):
    """Built from sizes, moves and a refit that were made up."""
    home = Home(dataclasses.replace(drifted.settings, as_of_date=LAST))
    months = "intermediate.int_customer_persona_months"
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        (model,) = connection.execute(
            "select model_run_id from ml.model_runs"
        ).fetchall()[0]
        connection.execute(
            "update ml.model_reviews set as_of_date = date '2026-04-30'"
        )
        # In May four in five of P01 were in P02, in June they are P01 again.
        connection.execute(
            f"update {months} set persona_id = 'P02', is_settled = true, "
            "previous_persona_id = 'P01' where persona_id = 'P01' "
            "and month_end = date '2026-05-31' and md5(customer_id) < 'cc'"
        )
        connection.execute(
            f"update {months} set previous_persona_id = 'P02' "
            "where persona_id = 'P01' and month_end = date '2026-06-30' "
            "and md5(customer_id) < 'cc'"
        )
        connection.execute(
            "insert into ml.model_comparisons values "
            "('m2', ?, 2000, 0.12, 0.1, 0.4)",
            [model],
        )
        connection.execute(
            "insert into ml.model_runs select * replace ('m2' as "
            "model_run_id, date '2026-06-30' as as_of_date) "
            "from ml.model_runs"
        )
    home.dbt_build(
        "--select", "int_models", "int_model_periods",
        "int_history_partitions", "int_drift_counts",
        "persona_drift_features", "persona_drift",
    )  # fmt: skip
    found = home.frame(
        "from marts.persona_drift order by month_end, drift_kind"
    ).set_index(["month_end", "drift_kind"])
    assert sorted({str(one)[:10] for one, _ in found.index}) == [
        "2026-04-30", "2026-05-31", "2026-06-30",
    ]  # fmt: skip
    june = pd.Timestamp(LAST)
    definition = found.loc[(june, "definition")]
    assert definition["status"] == "review"
    assert (definition["measure"], definition["drift"]) == (
        "changed_share", 0.4,
    )  # fmt: skip
    may = found.loc[(pd.Timestamp("2026-05-31"), "assignment")]
    assert may["status"] == "retrain"
    assert may["drift"] == pytest.approx(
        max(assignment(home, date(2026, 5, 31)).items(), key=by_bound)[1],
        abs=1e-3,
    )
    assert found.loc[(june, "input"), "status"] == "ok"


def by_bound(item: tuple[str, float]) -> float:
    return item[1] / {"size_psi": 0.25, "migration_entropy": 0.3}[item[0]]


def assignment(home: Home, day: date) -> dict[str, float]:
    """Compute both measures of a month in pandas."""
    rows = home.frame(
        "select month_end, persona_id, previous_persona_id, is_settled "
        "from intermediate.int_customer_persona_months "
        "where persona_id <> 'unassigned' and month_end >= date '2026-04-30'"
    )
    sizes = (
        rows.groupby(["month_end", "persona_id"]).size().unstack("month_end")
    )
    index, _ = stability_index(
        sizes[pd.Timestamp("2026-04-30")].to_numpy(dtype=float),
        sizes[pd.Timestamp(day)].to_numpy(dtype=float),
    )
    month = rows[
        (rows["month_end"] == pd.Timestamp(day))
        & rows["is_settled"]
        & rows["previous_persona_id"].notna()
        & (rows["previous_persona_id"] != "unassigned")
    ]
    steps = pd.crosstab(month["previous_persona_id"], month["persona_id"])
    shares = steps.div(steps.sum(axis=1), axis=0)
    each = -(shares * np.log(shares.where(shares > 0, 1))).sum(axis=1)
    weights = steps.sum(axis=1) / steps.to_numpy().sum()
    return {
        "size_psi": index,
        "migration_entropy": float((weights * each).sum() / np.log(len(sizes))),
    }
