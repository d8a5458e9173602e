"""What the command `persona` says, and what it refuses."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from click.testing import Result
from homes import SAMPLE, Home, Refreshed, make_home
from rich.console import Console

from orchestration.lib.jobs import refuse_other_company
from orchestration.lib.publishing import published_versions
from orchestration.lib.reports import print_mapped
from orchestration.lib.runs import run_lock
from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse

COMMANDS = (
    *("demo", "run", "check", "train", "publish", "status", "dev"),
    *("connector", "cards", "lookup", "model", "backfill", "snapshot"),
    *("snapshots", "review"),
)


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home", SAMPLE)


def words(result: Result) -> str:
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def test_help_lists_every_command_and_says_how_to_start(empty: Home):
    said = words(empty.persona("--help"))
    for command in COMMANDS:
        assert f"│ {command} " in said, command
    assert "persona demo" in said
    assert "var/landing/<source>/" in said
    assert words(empty.persona()) == said
    assert not empty.settings.home.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(empty: Home, command: str):
    result = empty.persona(command, "--help")
    assert result.exit_code == 0
    usage, explained, *_ = [
        line.strip() for line in result.output.splitlines() if line.strip()
    ]
    assert usage.startswith("Usage:")
    assert len(explained.split()) >= 4
    assert explained.endswith(".")


def test_status_before_anything_says_what_to_do(empty: Home):
    result = empty.persona("status")
    assert result.exit_code == 0
    said = words(result)
    assert "Nothing has been run yet" in said
    assert "persona demo" in said
    assert str(empty.settings.landing) in said
    assert not empty.settings.home.exists()


def test_unknown_source_is_refused_with_the_mend(empty: Home):
    for name, mend in (
        ("no_such_shop", "copy the folder template"),
        ("../etc", "lower case with underscores"),
    ):
        result = empty.persona("run", "--sources", name)
        assert result.exit_code == 1
        assert name in words(result)
        assert mend in words(result)
    assert not empty.settings.home.exists()


def test_a_day_that_is_none_is_refused_with_the_mend(empty: Home):
    result = empty.persona("run", "--as-of", "30.06.2026")
    assert result.exit_code == 1
    assert "write it as 2026-06-30" in words(result)


@pytest.mark.parametrize("command", ["run", "train", "check", "publish"])
def test_second_run_is_refused_while_one_is_under_way(
    empty: Home, command: str
):
    with run_lock(empty.settings):
        result = empty.persona(command)
    assert result.exit_code == 1
    said = words(result)
    assert "Another run holds" in said
    assert f"process {os.getpid()}" in said
    assert "Wait until it ends" in said


def test_demo_with_another_seed_is_refused_with_the_mend(built: Home):
    """The home of `built` has no demo's marker; a marker is what counts."""
    marker = built.settings.landing / SAMPLE / ".sample.json"
    marker.write_text(
        '{"n_customers": 2000, "seed": 7, "file_format": "parquet"}'
    )
    before = built.ledger()
    try:
        result = built.persona("demo", "--customers", "2000", "--seed", "8")
    finally:
        marker.unlink()
    assert result.exit_code == 1
    said = words(result)
    assert "already" in said or "another sample company" in said
    assert "'seed': 7" in said
    assert "PERSONA_HOME=var2 persona demo" in said
    assert built.ledger() == before


def test_publishing_before_a_run_says_to_run(empty: Home):
    with mock.patch(
        "orchestration.lib.dbt.prepare_manifest",
        side_effect=AssertionError("parsed"),
    ):
        result = empty.persona("publish", "--rollback")
    assert result.exit_code == 1
    assert "publish first" in words(result)


def test_status_tells_run_model_files_and_publication(built: Home):
    result = built.persona("status")
    assert result.exit_code == 0
    said = words(result)
    for part in (
        *("retrain, succeeded", "groups, verdict", "trained on 2026-06-30"),
        *("Files 15 loaded", "P01", "unassigned"),
        str(built.settings.published_path),
    ):
        assert part in said, part


def test_publish_again_and_roll_back(built: Home):
    before = built.fingerprints()
    (first,) = published_versions(built.settings)
    again = built.persona("publish")
    assert again.exit_code == 0, again.output
    assert built.fingerprints() == before
    (second,) = published_versions(built.settings)
    assert (second.run_id, second.number) == (first.run_id, first.number + 1)
    back = built.persona("publish", "--rollback")
    assert back.exit_code == 1
    assert "0 earlier versions are kept" in words(back)
    assert built.fingerprints() == before


def test_another_company_is_refused_in_this_home(refreshed: Refreshed):
    home = refreshed.home
    before = home.fingerprints()
    result = home.persona("run", "--sources", "template")
    assert result.exit_code == 1
    said = words(result)
    for part in ("holds the personas of sample_company", "PERSONA_HOME"):
        assert part in said, part
    assert home.fingerprints() == before
    refuse_other_company(replace(home.settings, sources=("template", SAMPLE)))


def test_rollback_puts_the_version_before_in_force(refreshed: Refreshed):
    home = refreshed.home
    before, first = published_versions(home.settings)
    assert (before.is_in_force, first.is_in_force) == (True, False)
    result = home.persona("publish", "--rollback")
    try:
        assert result.exit_code == 0
        assert f"the publication of run {first.run_id}" in words(result)
        assert home.published("select run_id from bi.publication") == [
            (first.run_id,)
        ]
    finally:
        again = home.persona("publish")
    assert again.exit_code == 0, again.output
    (now, *_) = published_versions(home.settings)
    assert (now.is_in_force, now.run_id) == (True, before.run_id)


def test_run_without_a_pseudonym_key_is_refused_before_anything_is_built(
    empty: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("homes.KEY", "")
    result = empty.persona("run")
    assert result.exit_code == 1
    said = words(result)
    assert "There is no pseudonym key" in said
    assert "umask 077" in said
    assert not empty.settings.warehouse_path.exists()


def test_a_model_that_cannot_be_read_is_told_among_the_others(tmp_path: Path):
    settings = Settings(tmp_path, ("shop",))
    with open_warehouse(settings) as connection:
        connection.execute(
            "create schema staging; "
            "create table staging.words as select 'x' as word; "
            "create view staging.stg_shop__orders as "
            "select cast(cast(word as integer) as varchar) as cast_failures "
            "from staging.words; "
            "create view staging.stg_shop__products as "
            "select 'price=x' as cast_failures from range(3)"
        )
    console = Console(record=True, width=200)
    print_mapped(console, settings)
    said = " ".join(console.export_text().split())
    assert "orders – staging.stg_shop__orders cannot be read" in said
    assert "products 3 3 price=x" in said
