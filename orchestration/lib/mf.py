"""The command ``mf`` of MetricFlow, which asks nobody for a newer version.

``mf`` asks pypi.org at every start, by the package update_checker, and that
reads what it remembers as a pickle from the folder for temporary files. There
is no setting against either, so a module without updates takes its place.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType


class NoUpdates:
    """Stands where update_checker's ``UpdateChecker`` would."""

    def check(self, package_name: str, package_version: str) -> None:
        """Say that there is nothing new."""


def answer(arguments: Sequence[str]) -> int:
    """Do what the arguments say, as ``mf`` would; return its exit code."""
    silent = ModuleType("update_checker")
    silent.__dict__["UpdateChecker"] = NoUpdates
    sys.modules["update_checker"] = silent

    from dbt_metricflow.cli.main import cli

    try:
        cli.main(list(arguments), prog_name="mf")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(answer(sys.argv[1:]))
