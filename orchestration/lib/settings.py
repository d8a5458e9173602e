"""Where a run reads and writes, and what it was asked to do.

Everything lives under one folder, ``PERSONA_HOME``. The sources that are on
and the date of analysis come from the dbt project's own vars, so that
``dbt build`` and the Dagster jobs see the same; the environment overrules.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it and the mend."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run."""

    home: Path
    sources: tuple[str, ...]
    as_of_date: date | None = None
    memory_limit: str = "6GB"

    @property
    def landing(self) -> Path:
        """Folder with one sub-folder of delivered files per source."""
        return self.home / "landing"

    @property
    def warehouse_path(self) -> Path:
        """The private warehouse; it holds personal data."""
        return self.home / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Folder of the published file and its Parquet twins."""
        return self.home / "published"

    @property
    def cards(self) -> Path:
        """Folder of the pages that `persona cards` writes."""
        return self.home / "cards"

    @property
    def reviews(self) -> Path:
        """Folder of the monthly pages that `persona review` writes."""
        return self.home / "reviews"

    @property
    def portraits(self) -> Path:
        """Folder of photos that take the place of drawn portraits."""
        return self.home / "portraits"

    @property
    def published_path(self) -> Path:
        """The one file that BI tools open."""
        return self.published / "personas.duckdb"

    @property
    def logs(self) -> Path:
        """Logs of dbt and Dagster."""
        return self.home / "logs"

    @property
    def scratch(self) -> Path:
        """DuckDB's spill files and other things that may be deleted."""
        return self.home / "tmp"

    @property
    def dbt_target(self) -> Path:
        """The target folder of dbt: manifest, compiled SQL, run results."""
        return self.home / "dbt_target"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder."""
        return self.home / "dagster"

    def dbt_vars(self) -> dict[str, Any]:
        """Return the dbt vars this run overrules, from an allow-list."""
        chosen: dict[str, Any] = {"sources": list(self.sources)}
        if self.as_of_date is not None:
            chosen["as_of_date"] = self.as_of_date.isoformat()
        return chosen


def project_vars() -> dict[str, Any]:
    """Return the vars of ``dbt_project.yml``."""
    text = (DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text).get("vars", {}))


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment and ``dbt_project.yml``.

    Parameters
    ----------
    env : mapping, optional
        The environment; ``os.environ`` by default. Read are ``PERSONA_HOME``
        (folder), ``PERSONA_SOURCES`` (names, comma-separated),
        ``PERSONA_AS_OF_DATE`` (ISO date) and ``PERSONA_MEMORY_LIMIT``
        (such as ``6GB``).

    Raises
    ------
    SettingsError
        When a value has not the form it must have.
    """
    env = os.environ if env is None else env
    defaults = project_vars()
    home = Path(env.get("PERSONA_HOME") or PROJECT_ROOT / "var").resolve()

    named = env.get("PERSONA_SOURCES")
    sources = (
        tuple(name.strip() for name in named.split(",") if name.strip())
        if named
        else tuple(defaults["sources"])
    )
    for source in sources:
        if not SOURCE_NAME.fullmatch(source):
            raise SettingsError(
                f"PERSONA_SOURCES names {source!r}: a source is the name of a "
                "folder under dbt_project/models/staging, lower case with "
                "underscores."
            )
        if not (DBT_PROJECT / "models" / "staging" / source).is_dir():
            raise SettingsError(
                f"The source {source!r} has no folder under "
                "dbt_project/models/staging: copy the folder template there, "
                "or mend PERSONA_SOURCES or the var sources in dbt_project.yml."
            )

    as_of_text = env.get("PERSONA_AS_OF_DATE") or defaults.get("as_of_date")
    try:
        as_of = date.fromisoformat(str(as_of_text)) if as_of_text else None
    except ValueError as error:
        raise SettingsError(
            f"PERSONA_AS_OF_DATE is {as_of_text!r}: write it as 2026-06-30."
        ) from error

    memory_limit = env.get("PERSONA_MEMORY_LIMIT", "6GB")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?(MB|GB|TB)", memory_limit):
        raise SettingsError(
            f"PERSONA_MEMORY_LIMIT is {memory_limit!r}: write it as 6GB."
        )
    return Settings(home, sources, as_of, memory_limit)
