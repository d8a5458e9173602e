"""Many questions to MetricFlow in one process, because it starts slowly.

Reads a JSON list of argument lists; connects to nobody. Ends with the first
exit code that is not 0.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any
from unittest import mock

from orchestration.lib.mf import answer


class NoNetwork(socket.socket):
    """A socket that reaches nobody but this machine's own processes."""

    def connect(self, address: Any) -> None:
        assert self.family == socket.AF_UNIX, f"a connection to {address}"
        super().connect(address)


def no_names(host: Any, *ignored: Any, **options: Any) -> Any:
    """Where there is no network, asking for a name comes first."""
    raise AssertionError(f"a question for the address of {host}")


if __name__ == "__main__":
    with (
        mock.patch("socket.socket", NoNetwork),
        mock.patch("socket.getaddrinfo", no_names),
    ):
        for question in json.load(sys.stdin):
            code = answer(question)
            if code:
                sys.exit(code)
