"""Settings are read from the environment, and wrong ones are named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from orchestration.lib import settings as module
from orchestration.lib.settings import (
    PROJECT_ROOT,
    Settings,
    SettingsError,
    load_settings,
)
from orchestration.lib.warehouse import open_warehouse, utc_timestamp


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a dbt project with the sources shop (on) and crm (off)."""
    root = tmp_path / "dbt_project"
    for source in ("shop", "crm"):
        (root / "models" / "staging" / source).mkdir(parents=True)
    (root / "dbt_project.yml").write_text(
        "name: x\nvars:\n  sources: [shop]\n  as_of_date: '2026-05-31'\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(module, "DBT_PROJECT", root)
    return root


def test_defaults_come_from_the_dbt_project(project: Path):
    settings = load_settings({})
    assert settings.home == (PROJECT_ROOT / "var").resolve()
    assert settings.sources == ("shop",)
    assert settings.as_of_date == date(2026, 5, 31)
    assert settings.memory_limit == "6GB"


def test_environment_overrules(project: Path, tmp_path: Path):
    settings = load_settings(
        {
            "PERSONA_HOME": str(tmp_path / "home"),
            "PERSONA_SOURCES": " crm , shop,",
            "PERSONA_AS_OF_DATE": "2026-06-30",
            "PERSONA_MEMORY_LIMIT": "1.5GB",
        }
    )
    assert settings == Settings(
        (tmp_path / "home").resolve(),
        ("crm", "shop"),
        date(2026, 6, 30),
        "1.5GB",
    )
    assert settings.dbt_vars() == {
        "sources": ["crm", "shop"],
        "as_of_date": "2026-06-30",
    }


def test_no_date_is_no_var(project: Path):
    (project / "dbt_project.yml").write_text(
        "vars:\n  sources: [shop]\n", encoding="utf-8"
    )
    settings = load_settings({})
    assert settings.as_of_date is None
    assert settings.dbt_vars() == {"sources": ["shop"]}


def test_everything_lives_under_one_home(tmp_path: Path):
    settings = Settings(tmp_path, ())
    for path in (
        settings.landing,
        settings.warehouse_path,
        settings.published_path,
        settings.logs,
        settings.scratch,
        settings.dbt_target,
        settings.dagster_home,
    ):
        assert path.is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PERSONA_SOURCES", "Shop", "lower case"),
        ("PERSONA_SOURCES", "../shop", "lower case"),
        ("PERSONA_SOURCES", "erp", "has no folder"),
        ("PERSONA_AS_OF_DATE", "30.06.2026", "write it as 2026-06-30"),
        ("PERSONA_MEMORY_LIMIT", "6GB; drop", "write it as 6GB"),
        ("PERSONA_MEMORY_LIMIT", "80%", "write it as 6GB"),
    ],
)
def test_wrong_settings_are_named_with_the_mend(
    project: Path, name: str, value: str, words: str
):
    with pytest.raises(SettingsError) as raised:
        load_settings({name: value})
    assert words in str(raised.value)
    assert name in str(raised.value) or value in str(raised.value)


def test_warehouse_is_private_and_in_utc(tmp_path: Path):
    settings = Settings(tmp_path / "home", ())
    with open_warehouse(settings) as connection:
        zone = connection.execute(
            "select current_setting('timezone')"
        ).fetchall()
    assert zone == [("UTC",)]
    assert settings.warehouse_path.stat().st_mode & 0o777 == 0o600


def test_times_are_kept_as_utc_without_a_zone():
    moment = datetime(2026, 6, 30, 10, tzinfo=timezone(timedelta(hours=7)))
    assert utc_timestamp(moment) == datetime(2026, 6, 30, 3)
    assert utc_timestamp(datetime(2026, 6, 30, 3, tzinfo=UTC)).tzinfo is None
    assert utc_timestamp(datetime(2026, 6, 30, 3)) == datetime(2026, 6, 30, 3)
