"""Warehouses built from real files, each once, in a folder of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.delivery import FileOutcome, check_deliveries, deliver
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT, Settings

DELIVERED_AT = datetime(2026, 1, 1)


@dataclass(frozen=True)
class Warehouse:
    """A warehouse that dbt has built, and how to ask it."""

    settings: Settings
    outcomes: tuple[FileOutcome, ...]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(
            str(self.settings.warehouse_path), read_only=True
        ) as connection:
            return connection.execute(sql).fetchall()

    def row(self, sql: str) -> tuple[Any, ...]:
        (row,) = self.rows(sql)
        return row


def _deliver_and_build(home: Path, *sources: str) -> Warehouse:
    """Load what lies in the landing folders and run `dbt build` on it."""
    settings = Settings(home, sources)
    outcomes = [
        outcome
        for source in sources
        for outcome in deliver(settings, source, "test", now=DELIVERED_AT)
    ]
    check_deliveries(settings, outcomes)
    built = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "build",
            "--quiet",
            "--exclude-resource-type",
            "unit_test",
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(PROJECT_ROOT),
            "--target-path",
            str(settings.dbt_target),
            "--log-path",
            str(settings.logs),
            "--vars",
            json.dumps(settings.dbt_vars()),
        ],
        env={**os.environ, "PERSONA_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout[-5000:] + built.stderr[-2000:]
    return Warehouse(settings, tuple(outcomes))


@pytest.fixture(scope="session")
def deliver_and_build() -> Callable[..., Warehouse]:
    return _deliver_and_build


@pytest.fixture(scope="session")
def real_data() -> Path | None:
    """Return the folder with real data, or None where there is none."""
    named = os.environ.get("PERSONA_TEST_DATA")
    folder = Path(named) if named else PROJECT_ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None
