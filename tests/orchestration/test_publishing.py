"""Publication is all or nothing, audited, pseudonymous and repeatable."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.pseudonyms import PseudonymKey
from orchestration.lib.publishing import (
    PublishError,
    PublishReport,
    open_published,
    publish,
    published_versions,
    rollback,
    table_fingerprints,
)
from orchestration.lib.settings import PROJECT_ROOT, Settings

SECRET = b"a secret of the tests, 32 bytes!"
NOW = datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
TABLES = ["customer_personas", "persona_kpis_monthly", "personas"]
COUNT_CUSTOMERS = 3000

WAREHOUSE = """
create schema marts;
create table marts.orders as
select
    'O' || n as order_id,
    'C' || n % {customers} as customer_id,
    cast(date '2026-04-01' + interval (n // 7 % 3) month as date) as ordered_at,
    cast(n % 97 + 0.25 as decimal(18, 2)) as net_amount
from range(9000) as numbers (n);

create table marts.customer_personas as
select
    'C' || n as customer_id,
    'P0' || n % 3 as persona_id,
    cast(n / 4000 as double) as confidence,
    '{run_id}' as run_id,
    date '2026-06-30' as as_of_date
from range({customers}) as numbers (n)
order by hash(n + {seed});

create table marts.personas as
select
    persona_id,
    'Name, it''s ' || persona_id as persona_name,
    count(*) as count_customers,
    '{run_id}' as run_id,
    date '2026-06-30' as as_of_date
from marts.customer_personas
group by persona_id;

create table marts.persona_kpis_monthly as
select
    persona_id,
    cast(ordered_at as date) as month,
    cast(sum(net_amount) as decimal(18, 2)) as net_revenue,
    '{run_id}' as run_id,
    date '2026-06-30' as as_of_date
from marts.orders
inner join marts.customer_personas using (customer_id)
group by 1, 2;
"""


def columns(**types: str) -> dict[str, Any]:
    types |= {"run_id": "varchar", "as_of_date": "date"}
    return {
        name: {
            "name": name,
            "data_type": data_type,
            "description": f"What {name} is, it's said.\n",
            "meta": {},
            "config": {"meta": {}},
        }
        for name, data_type in types.items()
    }


def model(name: str, meta: dict[str, Any], cols: dict[str, Any]) -> Any:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": "marts",
        "description": f"One row per {name}.\n",
        "config": {"meta": meta},
        "columns": cols,
    }


MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.p.orders": model("orders", {}, columns(customer_id="varchar")),
        "model.p.customer_personas": model(
            "customer_personas",
            {"publish": True, "primary_key": "customer_id"},
            columns(
                customer_id="varchar", persona_id="text", confidence="double"
            ),
        ),
        "model.p.personas": model(
            "personas",
            {"publish": True, "primary_key": ["persona_id"]},
            columns(
                persona_id="varchar",
                persona_name="varchar",
                count_customers="bigint",
            ),
        ),
        "model.p.persona_kpis_monthly": model(
            "persona_kpis_monthly",
            {
                "publish": True,
                "primary_key": ["month", "persona_id"],
                "reconcile": [
                    {
                        "sum": "net_revenue",
                        "to": "select sum(net_amount) from marts.orders",
                    },
                    {
                        "sum": "net_revenue",
                        "by": "month",
                        "to": "select ordered_at, sum(net_amount) "
                        "from marts.orders group by 1",
                    },
                ],
            },
            columns(
                persona_id="varchar", month="date", net_revenue="numeric(18, 2)"
            ),
        ),
    }
}


def build_warehouse(settings: Settings, run_id: str, seed: int = 0) -> None:
    settings.home.mkdir(exist_ok=True)
    settings.warehouse_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(
            WAREHOUSE.format(
                run_id=run_id, seed=seed, customers=COUNT_CUSTOMERS
            )
        )


def change_warehouse(settings: Settings, sql: str) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute(sql)


def rerun(settings: Settings, run_id: str) -> None:
    change_warehouse(
        settings,
        "".join(f"update marts.{t} set run_id = '{run_id}';" for t in TABLES),
    )


def publish_run(
    settings: Settings, run_id: str = "run-a", manifest: Any = MANIFEST
) -> PublishReport:
    return publish(
        settings, manifest, run_id=run_id, key=PseudonymKey(SECRET), now=NOW
    )


def rows(settings: Settings, sql: str) -> list[Any]:
    with open_published(settings.published_path) as connection:
        return connection.execute(sql).fetchall()


def run_in_force(settings: Settings) -> str:
    return str(rows(settings, "select run_id from bi.publication")[0][0])


def assert_whole(settings: Settings) -> str:
    """What readers see is whole and of one run, in both formats."""
    expected = {
        "customer_personas": COUNT_CUSTOMERS,
        "persona_kpis_monthly": 9,
        "personas": 3,
        "publication": 1,
    }
    count_rows = "select '{0}', run_id, count(*) from {1} group by all"
    with open_published(settings.published_path) as connection:
        found = connection.execute(
            " union all ".join(
                count_rows.format(t, f"bi.{t}") for t in expected
            )
        ).fetchall()
    (run_id,) = {row[1] for row in found}
    assert {row[0]: row[2] for row in found} == expected

    folder = str(settings.published / "parquet").replace("'", "''")
    with duckdb.connect() as connection:
        found = connection.execute(
            " union all ".join(
                count_rows.format(t, f"'{folder}/{t}.parquet'")
                for t in expected
            )
        ).fetchall()
    assert len({row[1] for row in found}) == 1
    assert {row[0]: row[2] for row in found} == expected
    assert not settings.published_path.with_suffix(".duckdb.wal").exists()
    return str(run_id)


def parquet_run(settings: Settings) -> str:
    path = settings.published / "parquet" / "publication.parquet"
    with duckdb.connect() as connection:
        found = connection.execute(
            "select run_id from read_parquet(?)", [str(path)]
        ).fetchall()
    return str(found[0][0])


def leftovers(settings: Settings) -> list[str]:
    hidden = [path.name for path in settings.published.glob(".*")]
    return [name for name in hidden if name != ".lock"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    chosen = Settings(tmp_path / "it's a home", ("sample_company",))
    build_warehouse(chosen, "run-a")
    return chosen


# The happy path


def test_publish_writes_what_readers_need(settings: Settings) -> None:
    report = publish_run(settings)
    assert assert_whole(settings) == "run-a"
    assert report.count_rows["customer_personas"] == COUNT_CUSTOMERS
    assert report.as_of_date == date(2026, 6, 30)
    assert all(audit.is_passed for audit in report.audits)
    assert {audit.name for audit in report.audits} == {
        "personal_data", "plain_types", "contract", "primary_key", "run_id",
        "as_of_date", "row_count", "reconcile", "persona_sums",
    }  # fmt: skip
    assert rows(settings, "from bi.publication") == [
        ("run-a", NOW.replace(tzinfo=None), date(2026, 6, 30))
    ]
    with open_published(settings.published_path) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() order by 1"
        ).fetchall()
    assert [t[0] for t in tables] == sorted(
        [*TABLES, "data_dictionary", "publication"]
    )
    assert leftovers(settings) == []


def test_customer_id_becomes_customer_key_in_its_place(
    settings: Settings,
) -> None:
    publish_run(settings)
    described = rows(settings, "describe bi.customer_personas")
    assert [row[0] for row in described] == [
        "customer_key", "persona_id", "confidence", "run_id", "as_of_date",
    ]  # fmt: skip
    published = rows(
        settings, "select customer_key, confidence from bi.customer_personas"
    )
    expected = {
        (
            hmac.new(SECRET, f"C{n}".encode(), hashlib.sha256).hexdigest()[:32],
            n / 4000,
        )
        for n in range(COUNT_CUSTOMERS)
    }
    assert set(published) == expected
    assert published == sorted(published), "the order must not tell the ids"
    for file in settings.published.rglob("*"):
        if file.is_file():
            assert SECRET not in file.read_bytes()
            assert b"C2999" not in file.read_bytes()


def test_comments_arrive(settings: Settings) -> None:
    publish_run(settings)
    tables = dict(
        rows(settings, "select table_name, comment from duckdb_tables()")
    )
    assert tables["personas"] == "One row per personas."
    comments = rows(
        settings,
        "select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'bi'",
    )
    by_name = {(table, column): text for table, column, text in comments}
    assert by_name["personas", "persona_name"] == (
        "What persona_name is, it's said."
    )
    assert "Pseudonym" in by_name["customer_personas", "customer_key"]
    assert all(by_name.values())
    assert all(tables.values())


def test_published_file_has_the_storage_version_of_old_clients(
    settings: Settings,
) -> None:
    publish_run(settings)
    header = settings.published_path.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64, "v1.0.0 is 64"


def test_published_files_are_for_readers_whatever_the_umask(
    settings: Settings,
) -> None:
    old = os.umask(0o077)
    try:
        publish_run(settings)
    finally:
        os.umask(old)
    for path in settings.published.rglob("*"):
        if path.name not in (".lock", "parquet") or not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            if path.name != ".lock":
                assert mode == (0o755 if path.is_dir() else 0o644), path


def test_published_reader_can_do_no_harm(settings: Settings) -> None:
    publish_run(settings)
    for hostile in (
        "delete from bi.personas",
        "create table bi.x (a int)",
        "from read_csv('/etc/passwd')",
        "copy bi.personas to '/tmp/stolen.csv'",
        "attach '/tmp/other.duckdb'",
        "set enable_external_access = true",
    ):
        with (
            open_published(settings.published_path) as connection,
            pytest.raises(duckdb.Error),
        ):
            connection.execute(hostile)


def test_same_input_gives_the_same_tables(
    settings: Settings, tmp_path: Path
) -> None:
    other = Settings(tmp_path / "other", ())
    build_warehouse(other, "run-b", seed=7)
    publish_run(settings)
    publish_run(other, "run-b")
    first = table_fingerprints(settings.published_path)
    assert first == table_fingerprints(other.published_path)
    assert set(first) == {*TABLES, "data_dictionary", "publication"}
    with_run = table_fingerprints(settings.published_path, ignore=())
    assert with_run != table_fingerprints(other.published_path, ignore=())

    change_warehouse(
        other, "update marts.personas set persona_name = 'X' where true"
    )
    publish_run(other, "run-b")
    second = table_fingerprints(other.published_path)
    assert {t for t in first if first[t] != second[t]} == {"personas"}


# The audits


def without(table: str, column: str) -> Callable[[Any], None]:
    def change(manifest: Any) -> None:
        del manifest["nodes"][f"model.p.{table}"]["columns"][column]

    return change


def with_meta(table: str, **meta: Any) -> Callable[[Any], None]:
    def change(manifest: Any) -> None:
        manifest["nodes"][f"model.p.{table}"]["config"]["meta"].update(meta)

    return change


def with_column(
    table: str, column: str, data_type: str, **meta: Any
) -> Callable[[Any], None]:
    def change(manifest: Any) -> None:
        manifest["nodes"][f"model.p.{table}"]["columns"][column] = {
            "data_type": data_type,
            "config": {"meta": meta},
        }

    return change


PLANTED: list[tuple[str, str, Callable[[Any], None] | None, list[str]]] = [
    (
        "key repeats",
        "insert into marts.persona_kpis_monthly "
        "select persona_id, month, 0, run_id, as_of_date "
        "from marts.persona_kpis_monthly",
        None,
        ["primary_key: persona_kpis_monthly.month, persona_id repeats for 9"],
    ),
    (
        "key is null",
        "update marts.customer_personas set customer_id = null "
        "where customer_id in ('C1', 'C2')",
        None,
        ["primary_key: customer_personas.customer_key is null in 2 rows"],
    ),
    (
        "key is not declared",
        "",
        with_meta("personas", primary_key=None),
        ["primary_key: personas.primary_key is missing in the model's"],
    ),
    (
        "key is no column",
        "",
        with_meta("personas", primary_key=["persona_id", "day"]),
        ["primary_key: personas.day is in meta.primary_key but not in"],
    ),
    (
        "column is of another type",
        "alter table marts.persona_kpis_monthly alter net_revenue type double",
        None,
        [
            "contract: persona_kpis_monthly.net_revenue is DOUBLE, but the "
            "yml declares numeric(18, 2)"
        ],
    ),
    (
        "column is not described",
        "alter table marts.personas add column mood varchar",
        None,
        ["contract: personas.mood (VARCHAR) is not in the yml"],
    ),
    (
        "column is missing",
        "alter table marts.personas drop column persona_name",
        None,
        ["contract: personas.persona_name is in the yml, but not in the"],
    ),
    (
        "column has no type in the yml",
        "",
        lambda m: m["nodes"]["model.p.personas"]["columns"]["persona_name"].pop(
            "data_type"
        ),
        ["contract: personas.persona_name has no data_type in the yml"],
    ),
    (
        "table is missing",
        "drop table marts.personas",
        None,
        ["contract: marts.personas is not in the warehouse: run dbt build"],
    ),
    (
        "both names of the customer",
        "alter table marts.customer_personas add column customer_key varchar",
        None,
        ["contract: marts.customer_personas.customer_key stands beside"],
    ),
    *[
        (
            f"type {data_type}",
            f"alter table marts.personas add column odd {data_type}",
            with_column("personas", "odd", data_type),
            [f"plain_types: personas.odd is {shown}"],
        )
        for data_type, shown in [
            ("struct(a int)", "STRUCT(a INTEGER)"),
            ("varchar[]", "VARCHAR[]"),
            ("double[3]", "DOUBLE[3]"),
            ("map(varchar, int)", "MAP(VARCHAR, INTEGER)"),
            ("hugeint", "HUGEINT"),
            ("uhugeint", "UHUGEINT"),
        ]
    ],
    *[
        (
            f"personal column {column}",
            f"alter table marts.personas add column {column} varchar",
            with_column("personas", column, "varchar"),
            [f"personal_data: personas.{column} holds personal data: drop"],
        )
        for column in (
            "customer_name",
            "email",
            "phone",
            "postal_code",
            "birth_date",
            "billing_email",
            "ticket_text",
        )
    ],
    (
        "flagged as personal",
        "alter table marts.personas add column shoe_size integer",
        with_column("personas", "shoe_size", "integer", personal_data=True),
        ["personal_data: personas.shoe_size holds personal data"],
    ),
    (
        "model of another run",
        "update marts.personas set run_id = 'run-old' where persona_id = 'P01'",
        None,
        ["run_id: personas.run_id is run-old in 1 rows, not run-a: build all"],
    ),
    (
        "run_id is null",
        "update marts.personas set run_id = null",
        None,
        ["run_id: personas.run_id is None in 3 rows, not run-a"],
    ),
    (
        "no run_id",
        "alter table marts.personas drop column run_id",
        without("personas", "run_id"),
        ["run_id: personas.run_id is missing: add it, a varchar, to the"],
    ),
    (
        "two days",
        "update marts.personas set as_of_date = date '2026-05-31'",
        None,
        ["as_of_date: personas.as_of_date is 2026-05-31 in 3 rows, not 2026-"],
    ),
    (
        "no row at all",
        "truncate marts.personas; truncate marts.customer_personas; "
        "truncate marts.persona_kpis_monthly",
        None,
        ["as_of_date: no published table has a row"],
    ),
    (
        "persona sizes do not sum",
        "update marts.personas set count_customers = 999 "
        "where persona_id = 'P01'",
        None,
        [
            "persona_sums: personas.count_customers sums to 2999, but 3000 is "
            "what this gives: select count(*) from"
        ],
    ),
    (
        "revenue is lost",
        "update marts.persona_kpis_monthly set net_revenue = 0.10 "
        "where month = date '2026-05-01'",
        None,
        [
            "reconcile: persona_kpis_monthly.net_revenue sums to 0.3 ",
            "where month is 2026-05-01, but 1",
        ],
    ),
    (
        "a month is lost",
        "delete from marts.persona_kpis_monthly "
        "where month = date '2026-05-01'",
        None,
        ["net_revenue sums to 0 where month is 2026-05-01, but 1"],
    ),
    (
        "reconciliation does not run",
        "",
        with_meta(
            "personas", reconcile={"sum": "count_customers", "to": "select x"}
        ),
        ["reconcile: personas.count_customers cannot be reconciled, its SQL"],
    ),
    (
        "reconciliation is not said",
        "",
        with_meta("personas", reconcile={"sum": "count_customers"}),
        ["personas: meta.reconcile has ['sum']: write sum and to"],
    ),
    (
        "two tables of one name",
        "",
        lambda m: m["nodes"]["model.p.personas"].update(
            alias="customer_personas"
        ),
        ["customer_personas: two published tables have this name"],
    ),
    (
        "nothing to publish",
        "",
        lambda m: m["nodes"].clear(),
        ["no model with config.meta.publish: true"],
    ),
]


@pytest.mark.parametrize(
    ("sql", "change", "sentences"),
    [planted[1:] for planted in PLANTED],
    ids=[planted[0] for planted in PLANTED],
)
def test_planted_fault_is_found_and_nothing_replaced(
    settings: Settings,
    sql: str,
    change: Callable[[Any], None] | None,
    sentences: list[str],
) -> None:
    publish_run(settings)
    before = settings.published_path.read_bytes()
    link = (settings.published / "parquet").readlink()
    manifest = copy.deepcopy(MANIFEST)
    if change:
        change(manifest)
    if sql:
        change_warehouse(settings, sql)
    with pytest.raises(PublishError) as refusal:
        publish_run(settings, manifest=manifest)
    for sentence in sentences:
        assert sentence in str(refusal.value)
    assert settings.published_path.read_bytes() == before
    assert (settings.published / "parquet").readlink() == link
    assert leftovers(settings) == []
    assert len(published_versions(settings)) == 1


def test_all_failures_are_listed_at_once(settings: Settings) -> None:
    change_warehouse(
        settings,
        "update marts.personas set run_id = 'x', count_customers = 0; "
        "insert into marts.persona_kpis_monthly "
        "select * from marts.persona_kpis_monthly",
    )
    with pytest.raises(PublishError) as refusal:
        publish_run(settings)
    names = {failure.partition(":")[0] for failure in refusal.value.failures}
    assert names == {"run_id", "persona_sums", "primary_key", "reconcile"}
    assert not settings.published_path.exists()


def test_row_count_audit_sees_a_lost_row(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.lib import publishing, publishing_file

    write_table = publishing_file.write_table

    def careless(connection: Any, table: Any, *rest: Any) -> None:
        write_table(connection, table, *rest)
        if table.name == "persona_kpis_monthly":
            connection.execute(f"delete from {table.target} where rowid = 0")

    monkeypatch.setattr(publishing, "write_table", careless)
    with pytest.raises(PublishError, match="row_count: persona_kpis_monthly"):
        publish_run(settings)


def test_personal_column_that_slipped_in_is_found_in_the_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.lib import publishing, publishing_file

    def careless(connection: Any, table: Any, *rest: Any) -> None:
        publishing_file.write_table(connection, table, *rest)
        if table.name == "customer_personas":
            connection.execute(
                f"alter table {table.target} rename customer_key to customer_id"
            )

    monkeypatch.setattr(publishing, "write_table", careless)
    with pytest.raises(PublishError) as refusal:
        publish_run(settings)
    assert "customer_personas.customer_id holds personal" in str(refusal.value)


def test_flags_are_found_in_the_old_place_of_meta_too(
    settings: Settings,
) -> None:
    manifest = copy.deepcopy(MANIFEST)
    node = manifest["nodes"]["model.p.personas"]
    node["meta"] = node["config"].pop("meta")
    node["columns"]["persona_name"]["meta"] = {"personal_data": True}
    with pytest.raises(PublishError, match=r"personas\.persona_name holds"):
        publish_run(settings, manifest=manifest)


def test_empty_table_is_published(settings: Settings) -> None:
    change_warehouse(settings, "truncate marts.orders")
    change_warehouse(settings, "truncate marts.persona_kpis_monthly")
    publish_run(settings)
    assert rows(settings, "from bi.persona_kpis_monthly") == []


@pytest.mark.parametrize("run_id", ["", "../x", ".x", "a/b", "a b", "a'b"])
def test_run_id_that_is_no_file_name_is_refused(
    settings: Settings, run_id: str
) -> None:
    with pytest.raises(ValueError, match="run_id is"):
        publish_run(settings, run_id)


def test_time_without_zone_and_missing_warehouse_are_refused(
    settings: Settings,
) -> None:
    with pytest.raises(ValueError, match="time zone"):
        publish(
            settings,
            MANIFEST,
            run_id="run-a",
            key=PseudonymKey(SECRET),
            now=NOW.replace(tzinfo=None),
        )
    settings.warehouse_path.unlink()
    with pytest.raises(PublishError, match="run the job first"):
        publish_run(settings)


# Versions


def publish_runs(settings: Settings, *run_ids: str) -> None:
    for run_id in run_ids:
        rerun(settings, run_id)
        publish_run(settings, run_id)


def kept(settings: Settings) -> list[str]:
    return [version.run_id for version in published_versions(settings)]


def test_three_versions_are_kept(settings: Settings) -> None:
    assert published_versions(settings) == ()
    publish_runs(settings, "r1", "r2.0", "r-3", "r4")
    versions = published_versions(settings)
    assert kept(settings) == ["r4", "r-3", "r2.0"]
    assert [version.is_in_force for version in versions] == [True, False, False]
    assert versions[0].published_at == NOW.replace(tzinfo=None)
    assert all(version.fault is None for version in versions)
    assert run_in_force(settings) == "r4"


def test_same_run_published_again_changes_nothing(settings: Settings) -> None:
    publish_runs(settings, "r1", "r2", "r2", "r2")
    assert kept(settings) == ["r2", "r1"]
    fingerprints = table_fingerprints(settings.published_path, ignore=())
    publish_run(settings, "r2")
    again = table_fingerprints(settings.published_path, ignore=())
    assert again == fingerprints
    assert kept(settings) == ["r2", "r1"]


def test_rollback_and_forward(settings: Settings) -> None:
    publish_runs(settings, "r1", "r2", "r3")
    report = rollback(settings)
    assert (report.run_id, report.is_in_force) == ("r2", True)
    assert assert_whole(settings) == "r2"
    assert rollback(settings).run_id == "r1"
    with pytest.raises(PublishError, match="0 earlier versions are kept"):
        rollback(settings)
    publish_runs(settings, "r4")
    assert assert_whole(settings) == "r4"
    assert kept(settings) == ["r4", "r1"], "what was rolled back is gone"
    publish_runs(settings, "r5")
    assert rollback(settings, steps=2).run_id == "r1"
    assert assert_whole(settings) == "r1"
    assert leftovers(settings) == []


def test_rollback_refuses_a_version_that_is_not_whole(
    settings: Settings,
) -> None:
    with pytest.raises(PublishError, match="publish first"):
        rollback(settings)
    publish_runs(settings, "r1", "r2")
    old = published_versions(settings)[1].folder
    parquet = old / "parquet" / "personas.parquet"
    content = parquet.read_bytes()
    parquet.unlink()
    with pytest.raises(PublishError, match=r"same tables \(personas\)"):
        rollback(settings)
    parquet.write_bytes(content)
    (old / "personas.duckdb").write_bytes(b"no database")
    with pytest.raises(PublishError, match="cannot be read"):
        rollback(settings)
    (old / "personas.duckdb").unlink()
    with pytest.raises(PublishError, match="is missing"):
        rollback(settings)
    with pytest.raises(ValueError, match="steps is 0"):
        rollback(settings, steps=0)
    assert assert_whole(settings) == "r2"


def test_publish_works_without_hard_links(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    publish_runs(settings, "r1", "r2")
    assert settings.published_path.stat().st_nlink == 1
    assert [v.is_in_force for v in published_versions(settings)] == [
        True,
        False,
    ]
    assert rollback(settings).run_id == "r1"
    assert assert_whole(settings) == "r1"


def test_wal_of_a_careless_writer_does_not_break_readers(
    settings: Settings,
) -> None:
    publish_runs(settings, "r1")
    wal = settings.published_path.with_suffix(".duckdb.wal")
    wal.write_bytes(b"left by another program")
    publish_runs(settings, "r2")
    assert assert_whole(settings) == "r2"


def test_only_one_publishes_at_a_time(settings: Settings) -> None:
    from orchestration.lib.publishing_versions import publishing_alone

    with (
        publishing_alone(settings),
        pytest.raises(PublishError, match="Another process is publishing"),
    ):
        publish_run(settings)
    publish_run(settings)


# Kills and readers

PUBLISHER = """
import itertools, json, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from orchestration.lib.pseudonyms import PseudonymKey
from orchestration.lib.publishing import publish
from orchestration.lib.settings import Settings

settings = Settings(Path(sys.argv[1]), ())
manifest = json.loads((settings.home / "manifest.json").read_text())

def run_and_publish(run_id, count=None):
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        for table in ("customer_personas", "persona_kpis_monthly", "personas"):
            connection.execute(f"update marts.{table} set run_id = '{run_id}'")
    if count:
        sys.addaudithook(count)
    publish(settings, manifest, run_id=run_id, key=PseudonymKey(b"k" * 32),
            now=datetime.now(UTC))

print("ready", flush=True)
"""

UNTIL_KILLED = """
for n in itertools.count():
    run_and_publish(f"{sys.argv[2]}-{n}")
"""

KILLED_AT_EACH_STEP = """
STEPS = {"os.rename", "os.link", "os.symlink", "os.mkdir", "shutil.rmtree"}
for last in itertools.count(1):
    steps = itertools.count(1)

    def kill_at_last(event, args):
        if event in STEPS and next(steps) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        run_and_publish(f"step{last}", kill_at_last)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.stdin.readline()
"""

READER = """
import json, os, sys, time
from pathlib import Path
import duckdb
from orchestration.lib.published import open_published, table_names

published, stop, count_readers = (*map(Path, sys.argv[1:3]), 16)
print("ready", flush=True)
children = []
for n in range(count_readers):
    child = os.fork()
    if child == 0:
        break
    children.append(child)
else:
    sys.exit(any(os.waitpid(child, 0)[1] for child in children))
polls, errors, mixed, seen = 0, [], 0, set()
while not stop.exists():
    try:
        with open_published(published / "personas.duckdb") as connection:
            tables = table_names(connection)
            runs = {
                row[0]
                for table in tables
                for row in connection.execute(
                    f"select distinct run_id from bi.{table}"
                ).fetchall()
            }
        folder = (published / "parquet").resolve()
        with duckdb.connect() as connection:
            files = [str(folder / f"{table}.parquet") for table in tables]
            found = connection.execute(
                "select distinct run_id from read_parquet(?, "
                "union_by_name=true)", [files]).fetchall()
        mixed += len(runs) != 1 or len(found) != 1
        seen |= runs
        polls += 1
    except Exception as error:
        errors.append(repr(error)[:300])
    time.sleep(1)
line = json.dumps([polls, errors[:3], mixed, sorted(seen)])
print(line + "\\n", end="", flush=True)
"""


def start(script: str, *args: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
    )
    assert process.stdout is not None
    return process


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def write_manifest(settings: Settings) -> None:
    text = json.dumps(MANIFEST)
    (settings.home / "manifest.json").write_text(text, encoding="utf-8")


def test_publish_killed_at_random_moments(settings: Settings) -> None:
    write_manifest(settings)
    publish_run(settings)
    rng = random.Random(11)
    for n in range(10):
        process = start(PUBLISHER + UNTIL_KILLED, settings.home, f"kill{n}")
        wait_until_ready(process)
        time.sleep(rng.uniform(0.05, 0.6))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.communicate()
        assert_whole(settings)
    publish_runs(settings, "after")
    assert assert_whole(settings) == "after"
    assert leftovers(settings) == []
    assert len(kept(settings)) <= 3
    assert all(v.fault is None for v in published_versions(settings))


def test_publish_killed_at_every_change_of_a_file_name(
    settings: Settings,
) -> None:
    write_manifest(settings)
    publish_runs(settings, "r1", "r2", "r3")
    process = start(PUBLISHER + KILLED_AT_EACH_STEP, settings.home)
    wait_until_ready(process)
    assert process.stdout is not None
    assert process.stdin is not None
    seen = []
    while (ended := int(process.stdout.readline())) == -signal.SIGKILL:
        seen.append(assert_whole(settings))
        process.stdin.write("next\n")
        process.stdin.flush()
    assert ended == 0
    process.kill()
    process.communicate()
    assert len(seen) >= 7
    assert seen[0] == "r3"
    assert seen[-1] == f"step{len(seen)}", "the last steps only tidy up"
    publish_runs(settings, "after")
    assert assert_whole(settings) == parquet_run(settings) == "after"
    assert leftovers(settings) == []
    assert len(kept(settings)) <= 3


def test_switch_cut_in_two_is_settled_by_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    publish_runs(settings, "r1", "r2")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", cut)
        with pytest.raises(KeyboardInterrupt):
            publish_runs(settings, "r3")
    assert assert_whole(settings) == "r3"
    assert parquet_run(settings) == "r2"
    change_warehouse(settings, "drop table marts.personas")
    with pytest.raises(PublishError):
        publish_run(settings, "r4")
    assert assert_whole(settings) == parquet_run(settings) == "r3"


def test_readers_never_see_an_error_or_two_runs(
    settings: Settings, tmp_path: Path
) -> None:
    publish_run(settings)
    stop = tmp_path / "stop"
    readers = start(READER, settings.published, stop)
    try:
        wait_until_ready(readers)
        for n in range(20):
            publish_runs(settings, f"run-{n}")
    finally:
        stop.touch()
    output, _ = readers.communicate()
    assert readers.returncode == 0
    results = [json.loads(line) for line in output.splitlines()]
    assert len(results) == 16
    polls = sum(result[0] for result in results)
    seen = {run for result in results for run in result[3]}
    assert [error for result in results for error in result[1]] == []
    assert sum(result[2] for result in results) == 0
    assert min(result[0] for result in results) >= 1
    assert len(seen) >= 5
    print(f"{polls} polls, {len(seen)} runs seen")
