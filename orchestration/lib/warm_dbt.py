"""dbt, loaded once and forked for every command.

Started anew for a step, dbt spends four seconds on loading itself, its
adapter and the manifest, and on writing artifacts that nobody reads. `WarmDbt`
starts a process that does this once. For every command it forks a child that
knows all of it, runs dbt and ends; so a command still has a process of its own,
which gives back its memory and the warehouse, and can be stopped.

The process reads requests from its standard input, a JSON object a line, and
ends when that is closed. What the children print goes to its standard output;
a line with the key ``pid`` begins, and one with the key ``returncode`` ends
what one of them says.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn


class WarmDbt:
    """A process that has loaded dbt and the manifest of a project.

    Parameters
    ----------
    arguments : sequence of str
        What the manifest rests on: ``--project-dir``, ``--profiles-dir`` and
        ``--vars``. Commands are to be given the same; vars in which no ref and
        no config lies may differ.
    environment : mapping
        Environment variables beside those of this process.
    """

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> WarmCommand:
        """Start a command; the one before must have ended."""
        request = {"arguments": arguments, "environment": environment}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:  # It has ended; what it said is still there.
            pass
        return WarmCommand(["dbt", *arguments], self._process)

    def close(self) -> None:
        """Let the process end, and wait until it has."""
        self._process.communicate()


class WarmCommand:
    """A command under way, as far as a `subprocess.Popen` is asked of it."""

    def __init__(
        self, args: list[str], server: subprocess.Popen[bytes]
    ) -> None:
        self.args = args
        self.returncode: int | None = None
        self.stdout = _Lines(self)
        self._server = server
        self._pid: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None as long as more may be said."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:  # noqa: ARG002
        """Return the exit code when the command has ended, however late."""
        while self.next_line() is not None:
            pass
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        """Ask the command to end."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: int) -> None:
        """Send a signal to the child; one that has ended gets none."""
        while self._pid is None and self.next_line() is not None:
            pass
        if self._pid is not None and self.returncode is None:
            os.kill(self._pid, number)

    def next_line(self) -> bytes | None:
        """Return what is said next, or None when the command has ended."""
        assert self._server.stdout is not None
        while self.returncode is None:
            line = self._server.stdout.readline()
            if not line:
                self.returncode = self._server.wait() or 1
            elif line.startswith(b'{"pid":'):
                self._pid = json.loads(line)["pid"]
            elif line.startswith(b'{"returncode":'):
                self.returncode = json.loads(line)["returncode"]
            else:
                return line
        return None


class _Lines:
    """What a command says, line by line, as from a pipe."""

    def __init__(self, command: WarmCommand) -> None:
        self.closed = False
        self._command = command

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._command.next_line, None)


def serve(arguments: Sequence[str]) -> None:
    """Load dbt and the manifest, then fork for every request."""
    import dbt.artifacts.schemas.run  # noqa: F401  for the children
    from dbt.cli.main import dbtRunner

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # It is the children's.
    parsed = dbtRunner().invoke(
        ["--quiet", "--no-write-json", "parse", *arguments]
    )
    if not parsed.success:
        raise SystemExit(2)
    # What is loaded now stays; the children need not look through it.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(parsed.result, json.loads(line))
        _, status = os.waitpid(child, 0)
        _say(returncode=os.waitstatus_to_exitcode(status))


def _run(manifest: Any, request: dict[str, Any]) -> NoReturn:
    returncode = 2
    try:
        returncode = _invoke(manifest, request)
        # The adapter closes the warehouse; the rest need not be taken down.
        atexit._run_exitfuncs()
        gc.collect()
    finally:
        sys.stdout.flush()
        os._exit(returncode)


def _invoke(manifest: Any, request: dict[str, Any]) -> int:
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    signal.signal(signal.SIGINT, signal.default_int_handler)
    _say(pid=os.getpid())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(request["environment"])
    done = dbtRunner(manifest).invoke(
        ["--no-write-json", *request["arguments"]]
    )
    if isinstance(done.result, RunExecutionResult):
        target = Path(os.environ["DBT_TARGET_PATH"])
        done.result.write(str(target / "run_results.json"))
    if done.exception is not None:
        print(f"{type(done.exception).__name__}: {done.exception}")
    return 0 if done.success else 1


def _say(**what: int) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1:])
