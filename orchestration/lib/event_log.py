"""Dagster's event log in SQLite, with connections that stay open.

Dagster's own opens the file, and compiles its statements anew, for each of the
thousands of events of a run. The files are the same, so that either can read
what the other wrote.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    SqliteEventLogStorage,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event


class EventLog(SqliteEventLogStorage):
    """The event log in ``DAGSTER_HOME``, one file per run and an index.

    A commit is safe when the process is killed; when the machine loses power,
    the last events may be lost, never the file.
    """

    def __init__(
        self, base_dir: str, inst_data: ConfigurableClassData | None = None
    ) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return that there is nothing to configure."""
        return {}

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],
    ) -> EventLog:
        """Return the log where Dagster's own would be."""
        del config_value
        folder = Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"
        return cls(str(folder), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                engine = create_engine(
                    self.conn_string_for_shard(shard),
                    pool_size=1,
                    connect_args={
                        "timeout": SQLITE_BUSY_TIMEOUT_SECONDS,
                        "check_same_thread": False,
                    },
                )
                event.listen(engine, "connect", _relax)
                self._initdb(engine)
                self._initialized_dbs.add(shard)
                self._engines[shard] = engine
            with self._engines[shard].begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close all files."""
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()
        super().dispose()


def _relax(connection: Any, _: object) -> None:
    """Leave it to the system when a commit reaches the disk."""
    connection.execute("pragma synchronous = normal")
