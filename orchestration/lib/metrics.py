"""Questions to the semantic layer: MetricFlow, pointed at a warehouse.

``mf`` looks for a project folder with ``target/semantic_manifest.json``. Ours
is parsed into ``PERSONA_HOME``, so a folder there stands in for the project:
its settings, and that target.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from orchestration.lib.dbt import dbt_environment, prepare_manifest
from orchestration.lib.runs import run_lock
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT, Settings


class MetricsError(RuntimeError):
    """MetricFlow cannot be asked; the message says why and the mend."""


def ask_metricflow(settings: Settings, arguments: Sequence[str]) -> int:
    """Run ``mf`` with the arguments on this warehouse; return its exit code.

    Raises
    ------
    MetricsError
        When MetricFlow is not installed, or nothing has been built.
    DbtError
        When the project does not parse.
    RunLockError
        While a run is on: a DuckDB file belongs to one process.
    """
    if find_spec("dbt_metricflow") is None:
        raise MetricsError(
            "MetricFlow is not installed: it is the extra `metrics` of this "
            "project (pip install -e '.[metrics]'); make installs it too."
        )
    if not settings.warehouse_path.exists():
        raise MetricsError(
            f"There is no {settings.warehouse_path} yet: `persona demo` or "
            "`persona run` builds it."
        )
    with run_lock(settings):
        asked = subprocess.run(
            [sys.executable, "-m", "orchestration.lib.mf", *arguments],
            env={**os.environ, **metricflow_environment(settings)},
            check=False,
        )
    return asked.returncode


def metricflow_environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which ``mf`` finds this warehouse.

    The project is parsed when needed.
    """
    prepare_manifest(settings)
    return {
        **dbt_environment(settings),
        "DBT_PROJECT_DIR": str(_stand_in(settings)),
        "DBT_PROFILES_DIR": str(PROJECT_ROOT),
    }


def _stand_in(settings: Settings) -> Path:
    folder = settings.scratch / "mf"
    folder.mkdir(parents=True, exist_ok=True)
    for name, place in {
        "dbt_project.yml": DBT_PROJECT / "dbt_project.yml",
        "target": settings.dbt_target,
    }.items():
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(place)
    return folder
