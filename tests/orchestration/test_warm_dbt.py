"""dbt that is loaded once: its commands end, fail and are stopped like others.

And what a dbt that is killed leaves behind can be opened.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from homes import SAMPLE, Home

from orchestration.lib.dbt import dbt_environment, project_arguments
from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse
from orchestration.lib.warm_dbt import WarmCommand, WarmDbt

AS_OF = (
    "select as_of_date, count(*) from intermediate.int_as_of_date group by 1"
)


@pytest.fixture(scope="module")
def environment(built: Home) -> dict[str, str]:
    return dbt_environment(built.settings, "a-run")


@pytest.fixture(scope="module")
def warm(built: Home, environment: dict[str, str]) -> Iterator[WarmDbt]:
    with built.entered():
        loaded = WarmDbt(
            project_arguments(built.settings.dbt_vars()), environment
        )
        yield loaded
        loaded.close()


def build(
    warm: WarmDbt, environment: dict[str, str], *more: str
) -> WarmCommand:
    return warm.start(
        [
            *("build", "--exclude-resource-type", "unit_test", *more),
            *project_arguments({"sources": [SAMPLE]}),
        ],
        {**environment, "DBT_LOG_FORMAT": "json"},
    )


def test_commands_run_one_after_another_and_close_the_warehouse(
    built: Home, warm: WarmDbt, environment: dict[str, str]
):
    before = built.rows(AS_OF)
    for _ in range(2):
        command = build(warm, environment, "--select", "int_as_of_date")
        assert command.poll() is None
        events = [json.loads(line) for line in command.stdout]
        (made,) = (e for e in events if e["info"]["name"] == "LogModelResult")
        assert made["data"]["node_info"]["node_name"] == "int_as_of_date"
        assert (command.wait(), command.poll()) == (0, 0)
        path = built.settings.warehouse_path
        assert not path.with_name(f"{path.name}.wal").exists()
    assert built.rows(AS_OF) == before


def test_a_command_that_fails_says_so(
    warm: WarmDbt, environment: dict[str, str]
):
    command = build(warm, environment, "--select", "int_as_of_date", "--nix")
    said = b"".join(command.stdout).decode()
    assert command.wait() != 0
    assert "--nix" in said


def test_a_command_is_stopped_and_the_next_one_runs(
    warm: WarmDbt, environment: dict[str, str]
):
    for number in (signal.SIGTERM, signal.SIGINT):
        command = build(warm, environment, "--select", "marts")
        next(iter(command.stdout))
        command.send_signal(number)
        assert command.wait() != 0
        command.send_signal(number)  # It has ended: nobody is met.
    command = build(warm, environment, "--select", "int_as_of_date")
    assert command.wait() == 0


def test_dbt_that_cannot_be_loaded_says_why(built: Home, tmp_path: Path):
    with built.entered():
        warm = WarmDbt(["--project-dir", str(tmp_path)], {})
        command = warm.start(["build"], {})
        said = b"".join(command.stdout).decode()
        assert command.wait() != 0
        again = warm.start(["build"], {})
        assert again.wait() != 0
        warm.close()
    assert "dbt_project.yml" in said


def test_what_a_killed_dbt_leaves_can_be_opened(built: Home, tmp_path: Path):
    """Its tables are in the write-ahead log, with constraints and comments.

    DuckDB 2.0.0 cannot replay a comment on a column where a constraint of the
    table calls a function of core_functions, such as floor.
    """
    tables = built.rows(
        "select sql from duckdb_tables() where schema_name = 'marts' "
        "and sql like '%CHECK%'"
    )
    assert len(tables) > 20
    statements = [
        "create schema marts",
        *(sql for (sql,) in tables),
        *(
            f"comment on column marts.{table}.{column} is 'what it is'"
            for table, column in built.rows(
                "select table_name, min(column_name) from duckdb_columns() "
                "where schema_name = 'marts' and table_name in ("
                "select table_name from duckdb_tables() "
                "where schema_name = 'marts' and sql like '%CHECK%') "
                "group by table_name"
            )
        ),
    ]
    settings = Settings(tmp_path, built.settings.sources)
    with open_warehouse(settings):
        pass
    killed = (
        "import duckdb, json, os, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "for statement in json.load(sys.stdin): connection.execute(statement)\n"
        "os.kill(os.getpid(), 9)"
    )
    path = settings.warehouse_path
    subprocess.run(
        [sys.executable, "-c", killed, str(path)],
        input=json.dumps(statements).encode(),
        check=False,
    )
    log = path.with_name(f"{path.name}.wal")
    assert log.exists()
    count = "select count(*) from duckdb_tables() where schema_name = 'marts'"
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute(count).fetchall() == [(len(tables),)]
    with open_warehouse(settings) as connection:
        assert connection.execute(count).fetchall() == [(len(tables),)]
