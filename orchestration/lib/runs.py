"""The ledger of runs, and the lock that keeps them one at a time.

A run that dies leaves its row in ``meta.runs`` as running; the next run to
start marks it interrupted. A run is resumed by running it again. The lock is
the operating system's: it is gone when its holder is, however that ended.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse, utc_timestamp

FINAL_STATUSES = ("succeeded", "failed", "interrupted")


class RunError(RuntimeError):
    """The ledger of runs was asked for something that cannot be."""


class RunLockError(RuntimeError):
    """Another run is under way; the message names it and what to do."""


@dataclass(frozen=True)
class Run:
    """A row of ``meta.runs``; times are UTC, without a zone."""

    run_id: str
    job: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    as_of_date: date | None
    sources: tuple[str, ...]
    message: str | None


def new_run_id(now: datetime) -> str:
    """Return a UUID of version 7 (RFC 9562): ids sort by their start."""
    milliseconds = int(
        utc_timestamp(now).replace(tzinfo=UTC).timestamp() * 1000
    )
    number = (milliseconds << 80) | secrets.randbits(80)
    number = number & ~(0xF << 76) | (7 << 76)
    number = number & ~(0x3 << 62) | (2 << 62)
    return str(uuid.UUID(int=number))


def start_run(
    settings: Settings, job: str, now: datetime, run_id: str | None = None
) -> str:
    """Write a new running run, and mark those that died as interrupted.

    Call it while holding :func:`run_lock`: whatever is still called running
    then is dead.

    Parameters
    ----------
    settings : Settings
        The settings of the run; its sources and date go into the ledger.
    job : str
        What is run, such as ``refresh``.
    now : datetime
        The time of the start; without a zone it is taken as UTC.
    run_id : str, optional
        The id to give it; a new one by default. A run that is already in the
        ledger stays as it is.

    Returns
    -------
    str
        The run id.
    """
    started_at = utc_timestamp(now)
    run_id = run_id or new_run_id(now)
    with open_warehouse(settings) as connection:
        known = connection.execute(
            "select count(*) from meta.runs where run_id = ?", [run_id]
        ).fetchall()
        if known[0][0]:
            return run_id
        connection.execute("begin transaction")
        connection.execute(
            "update meta.runs set status = 'interrupted', ended_at = ?, "
            "message = ? where status = 'running'",
            [started_at, f"It did not finish; {run_id} found it so."],
        )
        connection.execute(
            "insert into meta.runs (run_id, job, status, started_at, "
            "as_of_date, sources) values (?, ?, 'running', ?, ?, ?)",
            [
                run_id,
                job,
                started_at,
                settings.as_of_date,
                ",".join(settings.sources),
            ],
        )
        connection.execute("commit")
    return run_id


def finish_run(
    settings: Settings,
    run_id: str,
    status: str,
    message: str | None,
    now: datetime,
) -> None:
    """Close a running run as ``succeeded``, ``failed`` or ``interrupted``.

    Raises
    ------
    RunError
        When the status is another, or no such run is running.
    """
    if status not in FINAL_STATUSES:
        raise RunError(
            f"A run ends as {', '.join(FINAL_STATUSES)}; not as {status!r}."
        )
    with open_warehouse(settings) as connection:
        closed = connection.execute(
            "update meta.runs set status = ?, message = ?, ended_at = ? "
            "where run_id = ? and status = 'running' returning run_id",
            [status, message, utc_timestamp(now), run_id],
        ).fetchall()
    if not closed:
        raise RunError(
            f"meta.runs has no running run {run_id!r}: it was never started, "
            "or was closed before (a later start marks it interrupted). "
            "Start the job again."
        )


def last_run(
    settings: Settings, job: str | None = None, status: str | None = None
) -> Run | None:
    """Return the newest run, of one job or one status where asked for."""
    if not settings.warehouse_path.exists():
        return None
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select run_id, job, status, started_at, ended_at, as_of_date, "
            "sources, message from meta.runs "
            "where (?::varchar is null or job = ?) "
            "and (?::varchar is null or status = ?) "
            "order by started_at desc, rowid desc limit 1",
            [job, job, status, status],
        ).fetchall()
    if not rows:
        return None
    run_id, ran, ended, started_at, ended_at, as_of, sources, message = rows[0]
    names = tuple(name for name in sources.split(",") if name)
    return Run(run_id, ran, ended, started_at, ended_at, as_of, names, message)


@contextmanager
def run_lock(settings: Settings) -> Iterator[None]:
    """Hold the one lock of this ``PERSONA_HOME`` for the length of a run.

    Raises
    ------
    RunLockError
        When another run holds it. The file itself is never deleted; it is no
        sign of a run.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    path = settings.home / "run.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 64, 0).decode("ascii", "replace")
            raise RunLockError(
                f"Another run holds {path}: process "
                f"{holder.strip() or 'unknown'}. Wait until it ends, or end "
                "that process; the lock goes with it. Do not delete the file."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


def complete_build(settings: Settings, run_id: str) -> str:
    """Return the run that built the marts, if they may be published.

    Raises
    ------
    RunError
        When nothing has been built, or the run that built failed.
    """
    with open_warehouse(settings, read_only=True) as connection:
        built = connection.execute(
            "select count(*) from duckdb_tables() "
            "where schema_name = 'marts' and table_name = 'personas'"
        ).fetchall()[0][0]
        builders = []
        if built:
            builders = connection.execute(
                "select distinct personas.run_id, runs.status "
                "from marts.personas as personas "
                "left join meta.runs as runs using (run_id)"
            ).fetchall()
    if not builders:
        raise RunError(
            "There is nothing to publish yet: start `persona run` first."
        )
    builder, status = builders[0]
    if builder != run_id and status not in (None, "succeeded"):
        raise RunError(
            f"The run {builder} that built the marts is {status}: start "
            "`persona run`, which builds them whole and publishes."
        )
    return str(builder)
