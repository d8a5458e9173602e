"""The dbt project from outside: its environment and its manifest.

The manifest is written by ``dbt parse`` into ``PERSONA_HOME`` and only anew
when a file of the project or a var has changed, because parsing takes longer
than everything else on a small warehouse.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT, Settings


class DbtError(RuntimeError):
    """dbt failed; the message holds what it said of the models it failed on."""


def dbt_executable() -> str:
    """Return the dbt of the same environment as this Python."""
    return str(Path(sys.executable).with_name("dbt"))


def dbt_environment(settings: Settings, run_id: str = "") -> dict[str, str]:
    """Return the environment in which dbt finds the warehouse of a run."""
    chosen = {
        "PERSONA_HOME": str(settings.home),
        "PERSONA_MEMORY_LIMIT": settings.memory_limit,
        "DBT_LOG_PATH": str(settings.logs),
        "DBT_TARGET_PATH": str(settings.dbt_target),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    if run_id:
        chosen["PERSONA_RUN_ID"] = run_id
    return chosen


def project_arguments(variables: Mapping[str, Any]) -> list[str]:
    """Return the arguments with which dbt finds the project, and its vars."""
    return [
        *("--project-dir", str(DBT_PROJECT)),
        *("--profiles-dir", str(PROJECT_ROOT)),
        *("--vars", json.dumps(variables)),
    ]


def project_fingerprint(settings: Settings) -> str:
    """Return a hash of the dbt project's files and the vars in force."""
    digest = hashlib.sha256(
        json.dumps(settings.dbt_vars(), sort_keys=True).encode()
    )
    ignored = {"target", "logs", "dbt_packages"}
    for path in sorted(DBT_PROJECT.rglob("*")):
        parts = path.relative_to(DBT_PROJECT).parts
        if path.is_file() and parts[0] not in ignored:
            digest.update("/".join(parts).encode())
            digest.update(path.read_bytes())
    digest.update((PROJECT_ROOT / "profiles.yml").read_bytes())
    return digest.hexdigest()


def prepare_manifest(settings: Settings) -> Path:
    """Return the path of an up-to-date manifest; parse only when needed.

    Raises
    ------
    DbtError
        When the project does not parse; the message is dbt's own.
    """
    manifest = settings.dbt_target / "manifest.json"
    stamp = settings.dbt_target / "manifest.fingerprint"
    fingerprint = project_fingerprint(settings)
    if (
        manifest.exists()
        and stamp.exists()
        and stamp.read_text(encoding="utf-8") == fingerprint
    ):
        return manifest
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    parsed = subprocess.run(
        [
            dbt_executable(),
            *("--quiet", "parse"),
            *project_arguments(settings.dbt_vars()),
        ],
        env={**os.environ, **dbt_environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    if parsed.returncode != 0:
        raise DbtError(
            f"The dbt project does not parse:\n{parsed.stdout}{parsed.stderr}"
        )
    stamp.write_text(fingerprint, encoding="utf-8")
    return manifest


def read_manifest(settings: Settings) -> dict[str, Any]:
    """Return the manifest of the dbt project, parsed when needed."""
    text = prepare_manifest(settings).read_text(encoding="utf-8")
    return dict(json.loads(text))
