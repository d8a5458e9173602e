"""Models in force: candidates, decisions, and what a person reads of them."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import datetime
from unittest import mock

import duckdb
import pytest
from homes import SAMPLE, Home, make_home
from rich.console import Console

from ml.refit import Decision
from orchestration.lib import training
from orchestration.lib.jobs import JobResult
from orchestration.lib.models import (
    model_in_force,
    read_model_in_force,
    write_model,
)
from orchestration.lib.reports import print_run
from orchestration.lib.reviews import (
    ReviewError,
    approve,
    list_models,
    read_difference,
    reject,
    roll_back,
)
from orchestration.lib.runs import run_lock
from orchestration.lib.settings import SettingsError
from orchestration.lib.warehouse import open_warehouse

SECOND = "11111111-0000-7000-8000-00000000000b"
THIRD = "11111111-0000-7000-8000-00000000000c"
LATER = datetime(2026, 8, 1)


@pytest.fixture(scope="module")
def home(built: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a copy of the home in which a second model waits.

    It was trained on half of the segmentation features.
    """
    folder = tmp_path_factory.mktemp("reviews") / "home"
    shutil.copytree(built.settings.home, folder)
    home = Home(dataclasses.replace(built.settings, home=folder))
    half = training.segmentation_specs()[::2]
    with (
        mock.patch.object(training, "segmentation_specs", lambda: half),
        mock.patch.object(training, "auto_approve_moved_share", lambda: None),
    ):
        training.train_model(home.settings, run_id=SECOND, trained_at=LATER)
    return home


@pytest.fixture
def waiting(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a copy of that home's warehouse, for whoever decides."""
    other = make_home(tmp_path_factory.mktemp("waiting"), SAMPLE)
    shutil.copy(home.settings.warehouse_path, other.settings.warehouse_path)
    return other


def standings(home: Home) -> dict[str, str]:
    return {
        one.model_run_id: one.standing for one in list_models(home.settings)
    }


def in_force(home: Home) -> str | None:
    with open_warehouse(home.settings, read_only=True) as connection:
        return model_in_force(connection)


def first_of(home: Home) -> str:
    return next(one for one in standings(home) if one != SECOND)


def copy_as(home: Home, model_run_id: str, *, is_approved: bool) -> None:
    """Train once more, as it were: the model in force under a new id."""
    found = read_model_in_force(home.settings)
    assert found is not None
    write_model(
        home.settings,
        found[1],
        Decision(is_approved, "For a test."),
        compared_with=None,
        bins=duckdb.sql(
            "select 'a' as feature, 0 as bin, null::double as lower_edge, "
            "1 as reference_count"
        ).df(),
        run_id=model_run_id,
        trained_at=LATER,
    )


def test_the_first_model_was_approved_by_the_policy(built: Home):
    assert built.published(
        "select decision, decided_by, note, model_run_id = "
        "in_force_model_run_id from bi.persona_reviews"
    ) == [("approved", "policy", "There were no personas before it.", True)]


def test_a_model_that_waits_leaves_the_last_approved_one_in_force(home: Home):
    assert standings(home) == {first_of(home): "in force", SECOND: "waiting"}
    assert in_force(home) == first_of(home)


def test_both_models_are_compared_on_the_same_customers(home: Home):
    found = read_difference(home.settings, None)
    assert found.model.model_run_id == SECOND
    assert found.before is not None
    assert found.before.model_run_id == first_of(home)
    moves = home.rows(
        "select sum(count_customers), sum(count_customers) filter "
        f"(where from_persona_id <> to_persona_id) from ml.model_moves "
        f"where model_run_id = '{SECOND}'"
    )[0]
    assert found.model.count_customers == moves[0] > 1_800
    assert found.model.moved_share == pytest.approx(float(moves[1] / moves[0]))
    assert sum(one.count_customers for one in found.moves) == moves[1] > 0
    # By the model in force everybody is where the daily scoring has them.
    assert home.rows(
        "select from_persona_id, sum(count_customers) from ml.model_moves "
        f"where model_run_id = '{SECOND}' group by 1 order by 1"
    ) == home.rows(
        "select persona_id, count(*) from marts.customer_personas "
        "where distance is not null group by 1 order by 1"
    )
    assert found.count_claims > 100


def test_a_marketer_reads_what_it_changes(home: Home):
    shown = home.persona("model", "diff")
    assert shown.exit_code == 0, shown.output
    said = " ".join(shown.output.split())
    found = read_difference(home.settings, None)
    share = found.model.moved_share
    assert f"({share:.1%}) would be in another persona" in said
    assert "It is waiting." in said
    assert "every model waits for a person" in said
    for event in found.events:
        assert event.persona_id in said
    assert f"Of {found.count_claims:,} claims" in said
    assert "persona model approve" in said
    listed = home.persona("model", "list").output
    assert SECOND[-12:] in listed
    assert "waiting" in listed


def test_status_says_that_a_model_waits(home: Home):
    said = home.persona("status").output
    assert f"Waiting     {SECOND}" in said


def test_every_run_says_that_a_model_waits(home: Home, built: Home):
    result = JobResult("r1", True, 1.0, {}, None)
    for one, is_said in ((home, True), (built, False)):
        console = Console(record=True, width=200)
        print_run(console, one.settings, result)
        assert ("A new model waits" in console.export_text()) == is_said


def test_approved_it_scores_and_rolled_back_it_does_not(waiting: Home):
    first = first_of(waiting)
    told = waiting.persona(
        "model", "approve", SECOND[-4:], "--by", "Kim", "--note", "Better."
    )
    assert told.exit_code == 0, told.output
    assert "persona run" in told.output
    assert standings(waiting) == {first: "replaced", SECOND: "in force"}
    assert waiting.rows(
        "select decision, in_force_model_run_id, decided_by, note "
        "from ml.model_reviews order by review_number desc limit 1"
    ) == [("approved", SECOND, "Kim", "Better.")]
    back = waiting.persona("model", "rollback")
    assert back.exit_code == 0
    assert first in back.output
    assert standings(waiting) == {first: "in force", SECOND: "replaced"}
    assert waiting.persona("model", "rollback").exit_code == 1
    # Taken back in haste: it can come again.
    approve(waiting.settings, SECOND, by=None, note=None)
    assert in_force(waiting) == SECOND


def test_rejected_it_never_was_in_force(waiting: Home):
    first = first_of(waiting)
    told = waiting.persona("model", "reject", "--note", "Too many move.")
    assert told.exit_code == 0
    assert standings(waiting) == {first: "in force", SECOND: "rejected"}
    with pytest.raises(ReviewError, match="No model waits"):
        reject(waiting.settings, None, by=None, note=None)
    with pytest.raises(ReviewError, match="No model waits"):
        approve(waiting.settings, None, by=None, note=None)
    approve(waiting.settings, SECOND, by=None, note="A second thought.")
    assert in_force(waiting) == SECOND


def test_a_newer_model_supersedes_one_that_waits(waiting: Home):
    first = first_of(waiting)
    copy_as(waiting, THIRD, is_approved=False)
    assert standings(waiting) == {
        first: "in force",
        SECOND: "superseded",
        THIRD: "waiting",
    }
    with pytest.raises(ReviewError, match="newer"):
        approve(waiting.settings, SECOND, by=None, note=None)


def test_what_was_compared_with_another_model_is_trained_anew(waiting: Home):
    reject(waiting.settings, None, by=None, note=None)
    copy_as(waiting, THIRD, is_approved=True)
    assert in_force(waiting) == THIRD
    with pytest.raises(ReviewError, match="persona train"):
        approve(waiting.settings, SECOND, by=None, note=None)
    with pytest.raises(ReviewError, match="rollback"):
        approve(waiting.settings, THIRD, by=None, note=None)
    left, came = roll_back(waiting.settings, by=None, note=None)
    assert (left.model_run_id, came.model_run_id) == (
        THIRD,
        first_of(waiting) if first_of(waiting) != THIRD else in_force(waiting),
    )


def test_writing_a_model_twice_is_writing_it_once(waiting: Home):
    copy_as(waiting, THIRD, is_approved=False)
    before = waiting.rows("select count(*) from ml.model_reviews")
    counts = "select count(*) from ml.model_centroids"
    centroids = waiting.rows(counts)
    copy_as(waiting, THIRD, is_approved=False)
    assert waiting.rows("select count(*) from ml.model_reviews") == before
    assert waiting.rows(counts) == centroids


def test_nobody_decides_while_a_run_is_under_way(waiting: Home):
    with run_lock(waiting.settings):
        told = waiting.persona("model", "approve")
    assert told.exit_code == 1
    assert "run" in told.output
    assert standings(waiting)[SECOND] == "waiting"


def test_what_others_read_is_no_formula_and_has_no_hidden_signs(
    waiting: Home,
):
    for option, value in (
        ("--by", "=cmd()"),
        ("--note", "@here"),
        ("--note", "one\ntwo"),
        ("--by", "x" * 81),
    ):
        told = waiting.persona("model", "approve", option, value)
        assert told.exit_code == 1
        assert "The n" in told.output
    assert standings(waiting)[SECOND] == "waiting"


def test_an_id_that_fits_none_or_several_is_refused(waiting: Home):
    for wanted, said in (("zzz", "No model"), ("", "More than one")):
        told = waiting.persona("model", "approve", wanted)
        assert told.exit_code == 1
        assert said in told.output


def test_before_a_training_there_is_nothing_to_decide(tmp_path):  # type: ignore[no-untyped-def]
    empty = make_home(tmp_path / "home", SAMPLE)
    assert "persona run" in empty.persona("model", "list").output
    with open_warehouse(empty.settings):
        pass
    for command in ("list", "diff", "approve", "reject", "rollback"):
        told = empty.persona("model", command)
        assert told.exit_code == 1
        assert "Traceback" not in told.output
    assert "persona train" in told.output or "model list" in told.output


def test_the_policy_is_a_share_or_empty():
    for value, expected in ((0.2, 0.2), (0, 0.0), ("", None), (None, None)):
        with mock.patch.object(
            training,
            "project_vars",
            lambda: {"auto_approve_moved_share": value},  # noqa: B023
        ):
            assert training.auto_approve_moved_share() == expected
    for value in (2, -1, "ten"):
        with (
            mock.patch.object(
                training,
                "project_vars",
                lambda: {"auto_approve_moved_share": value},  # noqa: B023
            ),
            pytest.raises(SettingsError, match="auto_approve_moved_share"),
        ):
            training.auto_approve_moved_share()


def test_approvals_of_an_earlier_version_become_reviews(tmp_path):  # type: ignore[no-untyped-def]
    old = make_home(tmp_path / "home", SAMPLE)
    with open_warehouse(old.settings) as connection:
        connection.execute(
            "alter table ml.model_runs add column is_approved boolean"
        )
        for number, is_approved in ((1, True), (2, False), (3, True)):
            connection.execute(
                "insert into ml.model_runs values (?, ?, ?, ?, 'kmeans', 0, "
                "10, 2, 'natural', 'why', ?)",
                [
                    f"m{number}",
                    f"r{number}",
                    datetime(2026, number, 1),
                    datetime(2026, number, 1),
                    is_approved,
                ],
            )
    with open_warehouse(old.settings) as connection:
        assert model_in_force(connection) == "m3"
    with open_warehouse(old.settings) as connection:
        assert connection.execute(
            "select review_number, model_run_id, in_force_model_run_id "
            "from ml.model_reviews order by 1"
        ).fetchall() == [(1, "m1", "m1"), (2, "m3", "m3")]
