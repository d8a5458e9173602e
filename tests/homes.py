"""A home: a ``PERSONA_HOME`` of its own, and all one can do with it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pandas as pd
from click.testing import Result
from typer.testing import CliRunner

from ml.synthetic import SampleCompany
from orchestration.lib.dbt import (
    dbt_environment,
    dbt_executable,
    project_arguments,
)
from orchestration.lib.jobs import JobResult, prepare_home, run_job
from orchestration.lib.published import open_published, table_fingerprints
from orchestration.lib.sample import FileFormat, write_sample
from orchestration.lib.settings import Settings
from orchestration.lib.warm_dbt import WarmDbt

KEY = "a pseudonym key for the tests only, no secret"
SAMPLE = "sample_company"


_WARM: dict[tuple[str, ...], WarmDbt] = {}


def warm_dbt(settings: Settings) -> WarmDbt:
    """Return this process's dbt for these sources; the first one loads it."""
    if settings.sources not in _WARM:
        variables = replace(settings, as_of_date=None).dbt_vars()
        warm = WarmDbt(project_arguments(variables), dbt_environment(settings))
        atexit.register(warm.close)
        _WARM[settings.sources] = warm
    return _WARM[settings.sources]


@dataclass(frozen=True)
class Home:
    """A ``PERSONA_HOME``, the jobs in it and what they left."""

    settings: Settings

    @property
    def environment(self) -> dict[str, str]:
        """What a person who uses this home has set."""
        kept = {k: v for k, v in os.environ.items() if k[:8] != "PERSONA_"}
        return kept | {
            "PERSONA_HOME": str(self.settings.home),
            "PERSONA_SOURCES": ",".join(self.settings.sources),
            "PERSONA_KEY": KEY,
            "COLUMNS": "200",
        }

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be in that environment; whatever a run adds to it is taken back."""
        with mock.patch.dict(os.environ, self.environment, clear=True):
            yield

    def run(
        self, job: str = "retrain", tags: Mapping[str, str] | None = None
    ) -> JobResult:
        """Execute a job, as the command line does, in this process."""
        with self.entered():
            return run_job(self.settings, job, tags=tags)

    def persona(self, *arguments: str) -> Result:
        """Type a command, in this process."""
        from orchestration.cli import app

        with self.entered():
            return CliRunner().invoke(app, list(arguments))

    def dbt_build(
        self, *arguments: str, excluded: tuple[str, ...] = ("unit_test",)
    ) -> None:
        """Run `dbt build` alone, as somebody without Dagster would.

        Unit tests of SQL tell the same in every home: one home runs them, and
        starts dbt itself. The others share a dbt that is loaded once.
        """
        command = [
            *("--quiet", "build", *arguments),
            *project_arguments(self.settings.dbt_vars()),
        ]
        with self.entered():
            prepare_home(self.settings)
            if not excluded:
                built = subprocess.run(
                    [dbt_executable(), *command],
                    env={**os.environ, **dbt_environment(self.settings)},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                said, returncode = built.stdout, built.returncode
            else:
                command += ["--exclude-resource-type", *excluded]
                warm = warm_dbt(self.settings).start(
                    command, dbt_environment(self.settings)
                )
                said = b"".join(warm.stdout).decode()
                returncode = warm.wait()
        assert returncode == 0, said[-4000:]

    def put(self, name: str, content: str) -> Path:
        """Put a file into the landing folder of the first source."""
        folder = self.settings.landing / self.settings.sources[0]
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(content, encoding="utf-8")
        return path

    def reset(self) -> None:
        """Forget everything but the parsed project, which takes long."""
        for path in self.settings.home.iterdir():
            if path.is_file() or path.is_symlink():
                path.unlink()
            elif path != self.settings.dbt_target:
                shutil.rmtree(path)

    def frame(self, sql: str) -> pd.DataFrame:
        """Ask the warehouse; decimals come as floats."""
        path = str(self.settings.warehouse_path)
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).df()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse; decimals stay decimals."""
        path = str(self.settings.warehouse_path)
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def published(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the published file, as a BI tool does."""
        with open_published(self.settings.published_path) as connection:
            return connection.execute(sql).fetchall()

    def fingerprints(self, *ignored: str) -> dict[str, str]:
        """Return one hash per published table, its run and times aside."""
        return table_fingerprints(
            self.settings.published_path,
            ignore=("run_id", "published_at", "checked_at", *ignored),
        )

    def ledger(self) -> list[tuple[Any, ...]]:
        """Return the rows of the ledger of deliveries."""
        return self.rows("from meta.deliveries order by all")


@dataclass(frozen=True)
class Refreshed:
    """A home after a second run, and what it published before and after."""

    home: Home
    steps: tuple[str, ...]
    before: dict[str, str]
    after: dict[str, str]
    ledger_before: list[Any]
    ledger_after: list[Any]


def make_home(folder: Path, *sources: str) -> Home:
    """Return a home in an empty folder."""
    return Home(Settings(folder.resolve(), sources, memory_limit="2GB"))


def without_network() -> list[str]:
    """Return what to put before a command to run it without any network.

    An empty list where this machine does not let a user do so.
    """
    command = ["unshare", "--map-root-user", "--net"]
    try:
        tried = subprocess.run([*command, "true"], capture_output=True)
    except FileNotFoundError:
        return []
    return command if tried.returncode == 0 else []


def deliver_company(
    home: Home, company: SampleCompany, file_format: FileFormat
) -> None:
    """Write the files of a sample company into the landing folder."""
    write_sample(
        company,
        home.settings.landing / SAMPLE,
        home.settings.home / "sample_truth",
        file_format=file_format,
    )
