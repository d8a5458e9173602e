"""Starting the dashboard: Streamlit on this machine, for nobody else."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from orchestration.lib.settings import Settings

SCRIPT = Path(__file__).with_name("app.py")
HOST = "127.0.0.1"


class DashboardError(RuntimeError):
    """The dashboard cannot start; the message says what to do."""


def serve(settings: Settings, port: int) -> None:
    """Become the dashboard's server; this function does not return.

    Raises
    ------
    DashboardError
        When Streamlit is not installed.
    """
    if find_spec("streamlit") is None:
        raise DashboardError(
            "The dashboard needs Streamlit: `pip install "
            "'persona-warehouse[dashboard]'`; `make demo` has installed it."
        )
    os.environ["PERSONA_HOME"] = str(settings.home)
    os.execv(sys.executable, [sys.executable, *command(port)])


def command(port: int) -> list[str]:
    """Return the arguments with which Python starts the dashboard."""
    return [
        "-m",
        "streamlit",
        "run",
        str(SCRIPT),
        "--server.address",
        HOST,
        "--server.port",
        str(port),
        "--browser.gatherUsageStats",
        "false",
    ]
