"""The published tables in a PostgreSQL that this test starts and stops."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from homes import make_home

from orchestration.lib.postgres import (
    READER,
    PostgresError,
    load_into_postgres,
)

pytestmark = pytest.mark.bi
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
TEXTS = [
    "plain",
    "",
    None,
    'with "quotes", comma',
    "two\nlines",
    "\\N",
    "فارسی",
]


@dataclass(frozen=True)
class Server:
    port: int

    def address(self, user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/postgres"

    def rows(self, query: str, user: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address(user)) as connection:
            cursor = connection.execute(query)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if not PROGRAMS:
        pytest.skip("there is no PostgreSQL: install the package postgresql")
    programs = PROGRAMS[-1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="persona-postgres-"))
    # PostgreSQL does not run as root.
    user = "postgres" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -F"
    log = str(folder / "log")
    run("pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
    try:
        yield Server(port)
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def published(tmp_path: Path) -> Callable[..., Path]:
    """Return how to make a published file of a run."""

    def make(run_id: str = "run-1", count: int = len(TEXTS)) -> Path:
        path = tmp_path / f"{run_id}.duckdb"
        if path.exists():
            return path
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema bi")
            connection.execute(
                "create table bi.cells (id bigint, text varchar, "
                "amount decimal(18, 4), share double, day date, "
                "moment timestamp, is_new boolean, small integer)"
            )
            connection.executemany(
                "insert into bi.cells values (?, ?, 12.5, 0.1, '2026-06-30', "
                "'2026-06-30 12:30:00', true, 7)",
                [[n, TEXTS[n % len(TEXTS)]] for n in range(count)],
            )
            connection.execute("insert into bi.cells (id) values (-1)")
            connection.execute(
                "create table bi.publication as "
                f"select '{run_id}' as run_id, 1 as one"
            )
            connection.execute(
                "create table bi.data_dictionary as select 'cells' as "
                "table_name, 'id' as column_name, 1 as column_position, "
                "true as is_key"
            )
            connection.execute("comment on table bi.cells is 'It''s of cells.'")
            connection.execute("comment on column bi.cells.id is 'The key.'")
        return path

    return make


@pytest.fixture(autouse=True)
def empty(request: pytest.FixtureRequest) -> None:
    if "server" in request.fixturenames:
        server = request.getfixturevalue("server")
        server.rows("drop schema if exists bi cascade")
        server.rows("drop schema if exists reports cascade")


def test_every_value_arrives_as_it_is(
    server: Server, published: Callable[..., Path]
):
    done = load_into_postgres(published(), server.address())
    assert (done.schema, done.run_id) == ("bi", "run-1")
    assert done.count_rows["cells"] == len(TEXTS) + 1
    first, *rows = server.rows("select * from bi.cells order by id")
    assert first == (-1, *[None] * 7)
    assert [row[1] for row in rows] == TEXTS
    assert {row[2:] for row in rows} == {
        (
            Decimal("12.5000"),
            0.1,
            date(2026, 6, 30),
            datetime(2026, 6, 30, 12, 30),
            True,
            7,
        )
    }
    assert server.rows(
        "select obj_description('bi.cells'::regclass), "
        "col_description('bi.cells'::regclass, 1)"
    ) == [("It's of cells.", "The key.")]
    assert server.rows(
        "select indexdef like '%(id)' from pg_indexes where schemaname = 'bi' "
        "and tablename = 'cells'"
    ) == [(True,)]


def test_grants_are_kept_and_readers_may_only_read(
    server: Server, published: Callable[..., Path]
):
    load_into_postgres(published(), server.address())
    server.rows("drop role if exists analyst")
    server.rows("drop role if exists narrow")
    server.rows(f"create role analyst login in role {READER}")
    server.rows("create role narrow login")
    server.rows("grant usage on schema bi to narrow")
    server.rows("grant select on bi.publication to narrow")
    load_into_postgres(published("run-2"), server.address())
    for user in ("analyst", "narrow"):
        ask = "select run_id from bi.publication"
        assert server.rows(ask, user) == [("run-2",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.rows("select * from bi.cells", "narrow")
    for forbidden in (
        "delete from bi.cells",
        "insert into bi.cells (id) values (1)",
        "drop table bi.cells",
        "create table bi.mine (one int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.rows(forbidden, "analyst")
    server.rows("drop owned by analyst; drop role analyst")
    server.rows("drop owned by narrow; drop role narrow")


def test_readers_never_see_a_half(
    server: Server, published: Callable[..., Path]
):
    files = [published(f"run-{n}", count) for n, count in ((1, 500), (2, 900))]
    wanted = {("run-1", 501), ("run-2", 901)}
    load_into_postgres(files[0], server.address())
    seen: list[Any] = []
    is_over = threading.Event()

    def read() -> None:
        with psycopg.connect(server.address(), autocommit=True) as connection:
            while not is_over.is_set():
                try:
                    seen.append(
                        connection.execute(
                            "select run_id, (select count(*) from bi.cells) "
                            "from bi.publication"
                        ).fetchone()
                    )
                except psycopg.Error as error:
                    seen.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for n in range(12):
            load_into_postgres(files[n % 2], server.address())
    finally:
        is_over.set()
        reader.join()
    assert set(seen) == wanted
    assert len(seen) > 50


def test_what_fails_changes_nothing(
    server: Server, published: Callable[..., Path]
):
    load_into_postgres(published(), server.address())
    bad = published("run-2")
    with duckdb.connect(str(bad)) as connection:
        connection.execute("create table bi.zones as select [1, 2] as parts")
    with pytest.raises(PostgresError, match=r"zones\.parts is INTEGER\[\]"):
        load_into_postgres(bad, server.address())
    assert server.rows("select run_id from bi.publication") == [("run-1",)]
    assert server.rows(
        "select nspname from pg_namespace where nspname like 'bi%'"
    ) == [("bi",)]


def test_schemas_and_views_of_others_are_left_alone(
    server: Server, published: Callable[..., Path]
):
    server.rows("create schema bi")
    server.rows("create table bi.theirs as select 1 as one")
    with pytest.raises(PostgresError, match="name another with --schema"):
        load_into_postgres(published(), server.address())
    assert server.rows("select one from bi.theirs") == [(1,)]
    server.rows("drop schema bi cascade")

    load_into_postgres(published(), server.address())
    server.rows("create schema reports")
    server.rows("create view reports.mine as select id from bi.cells")
    with pytest.raises(PostgresError, match=r"reports\.mine"):
        load_into_postgres(published("run-2"), server.address())
    assert server.rows("select count(*) from reports.mine") == [
        (len(TEXTS) + 1,)
    ]


def test_a_user_who_may_not_make_the_role_is_told_what_to_do(
    server: Server, published: Callable[..., Path]
):
    is_known = f"select 1 from pg_roles where rolname = '{READER}'"
    if server.rows(is_known):
        server.rows(f"drop owned by {READER}")
    server.rows(f"drop role if exists {READER}")
    server.rows("create role loader login")
    server.rows("grant create on database postgres to loader")
    with pytest.raises(PostgresError, match=f"create role {READER} nologin"):
        load_into_postgres(published(), server.address("loader"))
    server.rows(f"create role {READER} nologin")
    done = load_into_postgres(published(), server.address("loader"))
    assert done.run_id == "run-1"
    server.rows("drop schema bi cascade")
    server.rows("drop owned by loader; drop role loader")


def test_the_command_says_what_is_wrong(
    tmp_path: Path, published: Callable[..., Path]
):
    home = make_home(tmp_path / "home", "template")
    nowhere = "postgresql://postgres@127.0.0.1:1/postgres"
    said = home.persona("publish", "--to", nowhere)
    assert said.exit_code == 1
    assert "start `persona run` first" in said.output
    home.settings.published.mkdir(parents=True)
    shutil.copy(published(), home.settings.published_path)
    said = home.persona("publish", "--to", nowhere)
    assert said.exit_code == 1
    assert "PostgreSQL cannot be reached" in said.output
    assert "Traceback" not in said.output


def test_a_reader_who_stays_is_waited_for_and_named(
    server: Server,
    published: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("orchestration.lib.postgres.MAX_WAIT_SECONDS", 0.2)
    load_into_postgres(published(), server.address())
    with psycopg.connect(server.address()) as reader:
        reader.execute("select count(*) from bi.cells")
        with pytest.raises(PostgresError, match="end long queries"):
            load_into_postgres(published("run-2"), server.address())
        found = reader.execute("select run_id from bi.publication").fetchall()
        assert found == [("run-1",)]
    assert load_into_postgres(published("run-2"), server.address()).run_id
