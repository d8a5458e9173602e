"""The versions of the published data, and which of them is in force.

Every publication is a folder of its own that is renamed into place when it is
whole, and is never changed again::

    published/versions/000012-<run_id>/personas.duckdb
    published/versions/000012-<run_id>/parquet/<table>.parquet
    published/personas.duckdb    the same file as one version's (a hard link)
    published/parquet            a symbolic link to that version's folder

Putting a version in force replaces the file, which is the moment that counts,
and then the link, each in one step. A process killed between the two leaves
both whole, the Parquet one version behind until ``settle``, which every
publish and rollback begins with, makes them one again. A reader that wants
many Parquet files of one version resolves the link once and reads there.

Published files are for readers: mode 0644, folders 0755, whatever the umask.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from orchestration.lib.published import open_published, table_names
from orchestration.lib.publishing_tables import (
    PARQUET,
    PUBLICATION,
    PublishError,
)
from orchestration.lib.settings import Settings

COUNT_KEPT = 3


@dataclass(frozen=True)
class Version:
    """One version that was published and is kept."""

    number: int
    run_id: str
    folder: Path
    is_in_force: bool
    published_at: datetime | None  # UTC; None where there is a fault
    as_of_date: date | None
    fault: str | None  # why it cannot be put in force


def published_versions(settings: Settings) -> tuple[Version, ...]:
    """Return the versions that are kept, newest first."""
    versions = []
    folders = _version_folders(settings)
    current = _in_force(settings, folders)
    for folder in folders:
        number, _, run_id = folder.name.partition("-")
        publication, fault = _looked_into(folder, run_id)
        versions.append(
            Version(
                number=int(number),
                run_id=run_id,
                folder=folder,
                is_in_force=folder == current,
                published_at=publication[1] if publication else None,
                as_of_date=publication[2] if publication else None,
                fault=fault,
            )
        )
    return tuple(versions)


def rollback(settings: Settings, *, steps: int = 1) -> Version:
    """Put an earlier version in force again and return it.

    The versions rolled back from are kept until the next publish, which puts
    its own version in force and removes them.

    Raises
    ------
    PublishError
        When there is no such version, or it is not whole.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}: one step back is 1.")
    with publishing_alone(settings):
        settle(settings)
        versions = published_versions(settings)
        current = [v.number for v in versions if v.is_in_force]
        if not current:
            raise PublishError(
                [
                    f"{settings.published_path} is none of the kept versions, "
                    "so there is nothing to go back from: publish first."
                ]
            )
        earlier = [v for v in versions if v.number < current[0]]
        if len(earlier) < steps:
            raise PublishError(
                [
                    f"{len(earlier)} earlier versions are kept, so {steps} "
                    "steps back are too many: take fewer, or run and publish "
                    "again."
                ]
            )
        target = earlier[steps - 1]
        if target.fault:
            raise PublishError([target.fault])
        _put_in_force(settings, target.folder)
    return next(v for v in published_versions(settings) if v.is_in_force)


@contextmanager
def publishing_alone(settings: Settings) -> Iterator[None]:
    """Hold the folder's lock, which the system frees when a process dies."""
    make_readable_folder(settings.published)
    with (settings.published / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PublishError(
                [
                    f"Another process is publishing to {settings.published}: "
                    "wait for it to end, then publish again."
                ]
            ) from error
        yield


def settle(settings: Settings) -> None:
    """Finish what a killed process left: half-made files, a half switch."""
    for leftover in settings.published.glob(".*-*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    current = _in_force(settings, _version_folders(settings))
    if current:
        _point_parquet(settings, current)


def install(settings: Settings, building: Path, run_id: str) -> Path:
    """Make a whole building folder a version and put it in force.

    Returns the version's folder. Kept are the three newest that were in force;
    a version that was rolled back from, that never came into force, or that
    has the same run_id, is removed.
    """
    before = _version_folders(settings)
    current = _in_force(settings, before)
    number = int(before[0].name.partition("-")[0]) + 1 if before else 1
    versions = settings.published / "versions"
    make_readable_folder(versions)
    for path in (building, *building.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        _fsync(path)
    folder = versions / f"{number:06d}-{run_id}"
    building.rename(folder)
    _fsync(versions)
    _put_in_force(settings, folder)

    count_kept = 1
    for old in before:
        is_kept = (
            count_kept < COUNT_KEPT
            and current is not None
            and old.name <= current.name
            and old.name.partition("-")[2] != run_id
        )
        count_kept += is_kept
        if not is_kept:
            doomed = settings.published / f".removing-{old.name}"
            old.rename(doomed)
            shutil.rmtree(doomed)
    return folder


def make_readable_folder(folder: Path) -> None:
    """Make a folder that readers may enter, whatever the umask."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        folder.chmod(0o755)


def _put_in_force(settings: Settings, folder: Path) -> None:
    path = settings.published_path
    draft = settings.published / ".next-file"
    draft.unlink(missing_ok=True)
    try:
        os.link(folder / path.name, draft)
    except OSError:  # a file system without hard links
        shutil.copy2(folder / path.name, draft)
        _fsync(draft)
    # Of somebody who opened the file for writing: beside the next one it would
    # be an error.
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    draft.replace(path)
    # Between two links to one file a replace does nothing, and leaves both.
    draft.unlink(missing_ok=True)
    _point_parquet(settings, folder)
    _fsync(settings.published)


def _point_parquet(settings: Settings, folder: Path) -> None:
    target = Path("versions", folder.name, PARQUET)
    link = settings.published / PARQUET
    with suppress(FileNotFoundError):
        if link.readlink() == target:
            return
    draft = settings.published / ".next-parquet"
    draft.unlink(missing_ok=True)
    draft.symlink_to(target, target_is_directory=True)
    draft.replace(link)


def _version_folders(settings: Settings) -> list[Path]:
    """Return the folders of the versions, newest first."""
    return sorted(
        (settings.published / "versions").glob("[0-9]*-*"), reverse=True
    )


def _in_force(settings: Settings, folders: Sequence[Path]) -> Path | None:
    """Return the folder of the version whose file is the published one.

    Where no file is the very same, as after a copy or a restored backup, size
    and time of change tell.
    """
    name = settings.published_path.name
    with suppress(FileNotFoundError):
        ours = settings.published_path.stat()
        kept = [(f, (f / name).stat()) for f in folders if (f / name).exists()]
        for folder, theirs in kept:
            if os.path.samestat(ours, theirs):
                return folder
        for folder, theirs in kept:
            if (ours.st_size, ours.st_mtime_ns) == (
                theirs.st_size,
                theirs.st_mtime_ns,
            ):
                return folder
    return None


def _looked_into(
    folder: Path, run_id: str
) -> tuple[tuple[str, datetime, date] | None, str | None]:
    """Return the publication row of a version, or what is wrong with it."""
    path = folder / "personas.duckdb"
    mend = "Remove the folder, or publish again."
    if not path.is_file():
        return None, f"{path} is missing. {mend}"
    try:
        with open_published(path) as connection:
            names = table_names(connection)
            rows = connection.execute(
                f"select run_id, published_at, as_of_date from bi.{PUBLICATION}"
            ).fetchall()
    except duckdb.Error as error:
        return None, f"{path} cannot be read ({error}). {mend}"
    parquet = sorted(file.stem for file in (folder / PARQUET).glob("*.parquet"))
    if parquet != sorted(names):
        missing = ", ".join(sorted(set(names) ^ set(parquet)))
        return None, (
            f"{folder / PARQUET} and {path.name} do not hold the same tables "
            f"({missing}). {mend}"
        )
    if [row[0] for row in rows] != [run_id]:
        return None, f"{path} is not of the run {run_id}. {mend}"
    return rows[0], None


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
