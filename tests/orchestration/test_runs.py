"""The ledger of runs tells the truth, and runs go one at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.lib.jobs import _failed_expectations
from orchestration.lib.runs import (
    RunError,
    RunLockError,
    complete_build,
    finish_run,
    last_run,
    new_run_id,
    run_lock,
    start_run,
)
from orchestration.lib.settings import PROJECT_ROOT, Settings
from orchestration.lib.warehouse import open_warehouse

NOW = datetime(2026, 6, 30, 10, 15, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", ("shop", "crm"), date(2026, 6, 30))


def test_run_is_written_from_start_to_end(settings: Settings):
    assert last_run(settings) is None
    assert not settings.warehouse_path.exists()
    run_id = start_run(settings, "refresh", NOW)
    assert uuid.UUID(run_id).version == 7
    run = last_run(settings)
    assert run is not None
    assert (run.run_id, run.job, run.status) == (run_id, "refresh", "running")
    assert (run.sources, run.as_of_date) == (("shop", "crm"), date(2026, 6, 30))
    assert run.started_at == datetime(2026, 6, 30, 10, 15)
    assert run.ended_at is None
    finish_run(settings, run_id, "succeeded", None, NOW + timedelta(minutes=3))
    run = last_run(settings)
    assert run is not None
    assert (run.status, run.message) == ("succeeded", None)
    assert run.ended_at == datetime(2026, 6, 30, 10, 18)


def test_start_marks_dead_runs_as_interrupted(settings: Settings):
    dead = start_run(settings, "refresh", NOW)
    alive = start_run(settings, "train", NOW + timedelta(hours=1))
    found = last_run(settings, status="interrupted")
    assert found is not None
    assert (found.run_id, found.status) == (dead, "interrupted")
    assert alive in str(found.message)
    newest = last_run(settings)
    assert newest is not None and newest.run_id == alive
    with pytest.raises(RunError, match="later start marks it interrupted"):
        finish_run(settings, dead, "succeeded", None, NOW)


def test_finished_runs_stay_as_they_ended(settings: Settings):
    first = start_run(settings, "refresh", NOW)
    finish_run(settings, first, "failed", "orders missing", NOW)
    start_run(settings, "refresh", NOW)
    found = last_run(settings, status="failed")
    assert found is not None and found.message == "orders missing"
    with pytest.raises(RunError, match="no running run"):
        finish_run(settings, first, "succeeded", None, NOW)


def test_last_run_can_be_asked_by_job(settings: Settings):
    trained = start_run(settings, "train", NOW)
    start_run(settings, "refresh", NOW)
    found = last_run(settings, job="train")
    assert found is not None and found.run_id == trained
    assert last_run(settings, job="publish") is None


def test_runs_of_one_second_have_ids_of_their_own(settings: Settings):
    ids = [start_run(settings, "refresh", NOW) for _ in range(5)]
    assert len(set(ids)) == 5
    newest = last_run(settings)
    assert newest is not None and newest.run_id == ids[-1]
    with open_warehouse(settings) as connection:
        assert connection.execute(
            "select count(*) from meta.runs where status = 'running'"
        ).fetchall() == [(1,)]


def test_ids_sort_by_the_start_of_their_runs():
    ids = [new_run_id(NOW + timedelta(milliseconds=i)) for i in range(200)]
    assert ids == sorted(ids)
    assert new_run_id(NOW) != new_run_id(NOW)


def test_ids_are_uuids_of_version_7_that_hold_their_start():
    for moment in (NOW, NOW.replace(tzinfo=None)):
        run_id = uuid.UUID(new_run_id(moment))
        assert (run_id.version, run_id.variant) == (7, uuid.RFC_4122)
        assert run_id.int >> 80 == int(NOW.timestamp() * 1000)


def test_run_that_is_known_is_started_once(settings: Settings):
    run_id = start_run(settings, "refresh", NOW)
    again = start_run(settings, "publish", NOW + timedelta(hours=1), run_id)
    assert again == run_id
    run = last_run(settings)
    assert run is not None
    assert (run.job, run.status) == ("refresh", "running")
    given = new_run_id(NOW)
    assert start_run(settings, "check", NOW, given) == given


def test_run_cannot_end_as_something_else(settings: Settings):
    run_id = start_run(settings, "refresh", NOW)
    with pytest.raises(RunError, match="succeeded, failed, interrupted"):
        finish_run(settings, run_id, "done", None, NOW)


def test_lock_lets_one_run_in_and_names_it(settings: Settings):
    with run_lock(settings):
        with (
            pytest.raises(RunLockError) as raised,
            run_lock(settings),
        ):
            pass
        assert f"process {os.getpid()}." in str(raised.value)
        assert "Wait until it ends" in str(raised.value)
    with run_lock(settings):
        pass


def test_lock_is_free_after_an_error(settings: Settings):
    with pytest.raises(ZeroDivisionError), run_lock(settings):
        raise ZeroDivisionError
    with run_lock(settings):
        pass


def test_lock_goes_with_a_killed_holder(settings: Settings):
    code = (
        "import sys, time; from pathlib import Path\n"
        "from orchestration.lib.settings import Settings\n"
        "from orchestration.lib.runs import run_lock\n"
        "with run_lock(Settings(Path(sys.argv[1]), ())):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(settings.home)],
        stdout=subprocess.PIPE,
        cwd=PROJECT_ROOT,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(RunLockError, match=f"process {holder.pid}"),
            run_lock(settings),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with run_lock(settings):
        pass


# -- what may be published --------------------------------------------------


def build_personas(settings: Settings, run_id: str, count_rows: int = 2):
    with open_warehouse(settings) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            "create or replace table marts.personas as "
            f"select ?::varchar as run_id from range({count_rows})",
            [run_id],
        )


def test_run_may_publish_what_it_built_itself(settings: Settings):
    run_id = start_run(settings, "refresh", NOW)
    build_personas(settings, run_id)
    assert complete_build(settings, run_id) == run_id


def test_what_a_run_that_succeeded_built_may_be_published(settings: Settings):
    builder = start_run(settings, "refresh", NOW)
    build_personas(settings, builder)
    finish_run(settings, builder, "succeeded", None, NOW)
    publisher = start_run(settings, "publish", NOW)
    assert complete_build(settings, publisher) == builder


@pytest.mark.parametrize("status", ["failed", "interrupted", "running"])
def test_what_another_run_left_half_built_is_not_published(
    settings: Settings, status: str
):
    builder = start_run(settings, "refresh", NOW)
    build_personas(settings, builder)
    if status != "running":
        finish_run(settings, builder, status, None, NOW)
    with pytest.raises(RunError, match=f"{builder}.* is {status}: start"):
        complete_build(settings, new_run_id(NOW))


def test_build_by_dbt_alone_may_be_published(settings: Settings):
    """`dbt build` without Dagster writes no run into the ledger."""
    build_personas(settings, "by_hand")
    assert complete_build(settings, new_run_id(NOW)) == "by_hand"


def test_there_is_nothing_to_publish_before_the_first_build(
    settings: Settings,
):
    run_id = start_run(settings, "publish", NOW)
    with pytest.raises(RunError, match="nothing to publish yet"):
        complete_build(settings, run_id)
    build_personas(settings, run_id, count_rows=0)
    with pytest.raises(RunError, match="nothing to publish yet"):
        complete_build(settings, run_id)


def test_a_missing_column_is_named_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings(tmp_path, ("my_shop",))
    with open_warehouse(settings) as connection:
        connection.execute(
            "insert into meta.expectation_results by name select *, "
            "'suite' as suite, 'check' as expectation, "
            "now()::timestamp as checked_at from ("
            "values ('r', 'raw.my_shop__orders', 'blocking', false, "
            "'Change the model.', 'missing: Status'), "
            "('r', 'raw.my_shop__lines', 'blocking', false, 'Mend it.', "
            "'3 of 90 unexpected; tolerated are 0%'), "
            "('r', 'raw.my_shop__lines', 'warning', false, 'Look.', null)"
            ") as told(run_id, relation, severity, is_success, reason, "
            "observed)"
        )
    assert _failed_expectations(settings, "r") == (
        "raw.my_shop__lines: Mend it. "
        "3 of 90 unexpected; tolerated are 0%.\n"
        "raw.my_shop__orders: Change the model. Missing: Status."
    )
