"""A file is loaded whole and once, or refused with a message that helps."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib import delivery
from orchestration.lib.delivery import (
    DeliveryError,
    FileOutcome,
    check_deliveries,
    deliver,
    ensure_raw_tables,
    match_table,
    required_problems,
    tables_with_rows,
)
from orchestration.lib.settings import Settings
from orchestration.lib.source_specs import (
    ColumnSpec,
    SourceSpec,
    SourceSpecError,
    TableSpec,
    load_source_spec,
)
from orchestration.lib.warehouse import open_warehouse

NOW = datetime(2026, 6, 30, 10, 15, tzinfo=UTC)


def table(name: str, columns: str, required: bool = False) -> TableSpec:
    """Return a table; a star marks a required column."""
    return TableSpec(
        "shop",
        name,
        tuple(
            ColumnSpec(one.rstrip("*"), "varchar", one.endswith("*"))
            for one in columns.split()
        ),
        None,
        required,
    )


SPEC = SourceSpec(
    "shop",
    Path("_shop__sources.yml"),
    (
        table("orders", "order_id* customer_id* amount note", True),
        table("order_lines", "line_id* order_id quantity"),
        table("tags", "tag*"),
    ),
)


class Shop:
    """A landing folder, its warehouse and a shorthand to deliver."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home, ("shop",))
        self.folder = self.settings.landing / "shop"
        self.folder.mkdir(parents=True)
        self.spec = SPEC

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    def put_parquet(self, name: str, query: str) -> Path:
        path = self.folder / name
        duckdb.connect().execute(f"copy ({query}) to '{path}' (format parquet)")
        return path

    def deliver(self, run_id: str = "run-1", **more: Any) -> list[FileOutcome]:
        more = {"now": NOW, "spec": self.spec, **more}
        return deliver(self.settings, "shop", run_id, **more)

    def one(self, **more: Any) -> FileOutcome:
        (outcome,) = self.deliver(**more)
        return outcome

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with open_warehouse(self.settings) as connection:
            return connection.execute(sql).fetchall()

    def orders(self, columns: str = "order_id, customer_id, amount, note"):
        return self.query(
            f"select {columns} from raw.shop__orders "
            "order by delivery_id, delivery_row"
        )

    def refused(self, *words: str, **more: Any) -> str:
        """Deliver one file; assert that it is refused and why."""
        outcome = self.one(**more)
        assert outcome.outcome == "refused", outcome
        assert outcome.message is not None
        assert outcome.message.startswith(f"{outcome.file_name}: ")
        for word in words:
            assert word in outcome.message
        assert outcome.count_rows is None
        with open_warehouse(self.settings) as connection:
            assert tables_with_rows(connection, self.spec) == frozenset()
            assert connection.execute(
                "select outcome, message, count_rows from meta.deliveries"
            ).fetchall() == [("refused", outcome.message, None)]
        return outcome.message


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "home")


GOOD = 'order_id,customer_id,amount,note\n1,a,1.50,\n2,b,,""\n'


# -- what is loaded ---------------------------------------------------------


def test_csv_loads_as_text_in_file_order_with_its_lineage(shop: Shop):
    shop.put("orders.csv", GOOD)
    outcome = shop.one()
    assert (outcome.outcome, outcome.count_rows, outcome.table) == (
        "loaded",
        2,
        "orders",
    )
    assert outcome.message is None
    assert shop.orders() == [("1", "a", "1.50", None), ("2", "b", None, "")]
    assert shop.orders("delivery_id, delivery_row, delivered_at") == [
        (1, 1, datetime(2026, 6, 30, 10, 15)),
        (1, 2, datetime(2026, 6, 30, 10, 15)),
    ]
    assert shop.query(
        "select delivery_id, source, table_name, file_name, content_hash, "
        "size_bytes, count_rows, outcome, message, run_id "
        "from meta.deliveries"
    ) == [
        (
            1,
            "shop",
            "orders",
            "orders.csv",
            outcome.content_hash,
            len(GOOD),
            2,
            "loaded",
            None,
            "run-1",
        )
    ]


def test_times_with_a_zone_are_kept_as_utc(shop: Shop):
    shop.put("orders.csv", GOOD)
    shop.deliver(now=NOW.astimezone(timezone(timedelta(hours=7))))
    assert shop.orders("delivered_at")[0] == (datetime(2026, 6, 30, 10, 15),)


def test_columns_are_found_by_name_not_by_position(shop: Shop):
    shop.put(
        "orders.csv", "note,extra,amount,customer_id,order_id\nn,e,9,c,o\n"
    )
    outcome = shop.one()
    assert shop.orders() == [("o", "c", "9", "n")]
    assert "does not declare" in str(outcome.message)
    assert "'extra'" in str(outcome.message)


def test_undelivered_optional_columns_are_null(shop: Shop):
    shop.put("orders.csv", "order_id,customer_id\n1,a\n")
    assert shop.one().outcome == "loaded"
    assert shop.orders() == [("1", "a", None, None)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_texts_of_the_world_and_quoted_line_ends_survive(
    shop: Shop, line_end: str, packed: bool, bom: str
):
    notes = [
        "سلام، دنیا",
        "Xin chào, thế giới",
        "🙂 👩‍👩‍👧",
        "two\nlines",
        "two\r\nlines",
        'say "hi"',
        "",
        " spaces ",
        "\n\n",
        "a,b;c\td|e",
        "NULL",
        "#no comment",
        "'",
    ]
    rows = [
        f'{i},کاربر,{i},"{note.replace(chr(34), chr(34) * 2)}"'
        for i, note in enumerate(notes)
    ]
    header = '"order_id",customer_id,amount,note'
    text = bom + "".join(line + line_end for line in [header, *rows])
    data = text.encode()
    name = "orders.csv.gz" if packed else "orders.csv"
    shop.put(name, gzip.compress(data) if packed else data)
    assert shop.one().outcome == "loaded"
    assert shop.orders() == [
        (str(i), "کاربر", str(i), note) for i, note in enumerate(notes)
    ]


def test_packed_files_of_several_members_load_whole(shop: Shop):
    members = ["order_id,customer_id\n1,a\n", "2,b\n", "3,c\n"]
    data = b"".join(gzip.compress(one.encode()) for one in members)
    shop.put("orders.csv.gz", data)
    assert shop.one().count_rows == 3
    assert [row[0] for row in shop.orders()] == ["1", "2", "3"]


def test_blank_lines_are_no_records(shop: Shop):
    shop.put("orders.csv", "order_id,customer_id\n\n1,a\n\n2,b\n\n\n")
    assert shop.one().count_rows == 2


def test_blank_lines_of_a_single_column_are_null(shop: Shop):
    shop.put("tags.csv", 'tag\nx\n\n"a\nb"\n')
    assert shop.one().count_rows == 3
    assert shop.query(
        "select tag from raw.shop__tags order by delivery_row"
    ) == [
        ("x",),
        (None,),
        ("a\nb",),
    ]


def test_header_alone_is_a_delivery_of_no_rows(shop: Shop):
    shop.put("orders.csv", "order_id,customer_id\n")
    outcome = shop.one()
    assert (outcome.outcome, outcome.count_rows) == ("loaded", 0)
    assert required_problems([outcome], SPEC) == []


def test_sixty_four_columns_arrive_in_their_places(shop: Shop):
    names = [f"column_{i}" for i in range(64)]
    wide = table("wide", " ".join(names))
    shop.spec = SourceSpec("shop", Path("x.yml"), (wide,))
    shuffled = random.Random(5).sample(names, 64)
    line = ",".join(f"v_{name}" for name in shuffled)
    shop.put("wide.csv", ",".join(shuffled) + "\n" + line + "\n")
    assert shop.one().outcome == "loaded"
    assert shop.query(f"select {', '.join(names)} from raw.shop__wide") == [
        tuple(f"v_{name}" for name in names)
    ]


def test_order_of_many_rows_is_the_order_of_the_file(shop: Shop):
    shop.put_parquet("order_lines.parquet", "select 1 as line_id limit 0")
    connection = duckdb.connect()
    for name, form in [
        ("orders_a.csv", "csv, header"),
        ("orders_b.parquet", "parquet, row_group_size 2048"),
        ("orders_c.jsonl", "json"),
        ("orders_d.csv.gz", "csv, header, compression gzip"),
    ]:
        connection.execute(
            "copy (select (i * 7919 + length('" + name + "')) % 150000 as "
            "order_id, case when i % 7 = 0 then 'x' || chr(10) || '\"y\"' "
            "else 'plain text to fill the line' end as note, i as customer_id "
            f"from range(150000) as r(i)) to '{shop.folder / name}' "
            f"(format {form})"
        )
    assert {one.outcome for one in shop.deliver()} == {"loaded"}
    assert shop.query(
        "select count(*), count(*) filter (customer_id::bigint + 1 "
        "<> delivery_row), count(distinct delivery_id) from raw.shop__orders"
    ) == [(600_000, 0, 4)]


def test_json_lines_load_as_text_by_name(shop: Shop):
    rows: list[dict[str, Any]] = [
        {"order_id": 1, "customer_id": "a", "amount": 12.5, "note": "é 🙂\n"},
        {"customer_id": "b", "order_id": 12345678901234567890123},
        {"order_id": "3", "customer_id": None, "note": {"k": [1, None]}},
        {"order_id": True, "customer_id": "", "Extra": 1},
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    for name in ("orders.jsonl", "orders_2.ndjson.gz", "orders_3.ndjson"):
        data = ("\ufeff" if "3" in name else "").encode() + text.encode()
        shop.put(name, gzip.compress(data) if name.endswith("gz") else data)
        shop.query("select 1")
    outcomes = shop.deliver()
    assert [one.outcome for one in outcomes] == ["loaded"] * 3
    assert "'Extra'" in str(outcomes[0].message)
    assert not list(shop.settings.scratch.glob("delivery-*"))
    assert shop.orders() == 3 * [
        ("1", "a", "12.5", "é 🙂\n"),
        ("12345678901234567890123", "b", None, None),
        ("3", None, None, '{"k":[1,null]}'),
        ("true", "", None, None),
    ]


def test_parquet_keeps_its_types(shop: Shop):
    shop.put_parquet(
        "orders.parquet",
        "select timestamp '2026-01-02 03:04:05' as note, 7::bigint as order_id,"
        " 'é' as customer_id, 1.25::decimal(9, 2) as amount, [1] as list,"
        " {'amount': 1} as nested, 1 as file_row_number",
    )
    outcome = shop.one()
    assert outcome.outcome == "loaded"
    for name in ("list", "nested", "file_row_number"):
        assert f"'{name}'" in str(outcome.message)
    types = dict(
        shop.query(
            "select column_name, data_type from duckdb_columns() "
            "where table_name = 'shop__orders'"
        )
    )
    assert types == {
        "order_id": "BIGINT",
        "customer_id": "VARCHAR",
        "amount": "DECIMAL(9,2)",
        "note": "TIMESTAMP",
        "delivery_id": "BIGINT",
        "delivery_row": "BIGINT",
        "delivered_at": "TIMESTAMP",
    }


def test_parquet_text_without_the_mark_of_text_is_text(shop: Shop):
    shop.put_parquet(
        "orders.parquet",
        "select encode('é1') as order_id, encode('b') as customer_id",
    )
    assert shop.one().outcome == "loaded"
    assert shop.orders("order_id, customer_id") == [("é1", "b")]


def test_parquet_names_that_differ_by_case_are_told_apart(shop: Shop):
    shop.put_parquet(
        "orders.parquet",
        "select 1 as order_id, 'right' as customer_id, 3 as amount",
    )
    data = (shop.folder / "orders.parquet").read_bytes()
    (shop.folder / "orders.parquet").write_bytes(
        data.replace(b"amount", b"ORDER_")
    )
    outcome = shop.one()
    assert outcome.outcome == "loaded"
    assert shop.orders("order_id, customer_id") == [(1, "right")]


def test_types_that_differ_become_text(shop: Shop):
    shop.put_parquet(
        "orders_1.parquet",
        "select 1 as order_id, 10 as customer_id, 2.50::decimal(9, 2) as "
        "amount, date '2026-01-01' as note",
    )
    assert shop.one().outcome == "loaded"
    shop.put("orders_2.csv", GOOD)
    shop.put_parquet(
        "orders_3.parquet",
        "select 3::bigint as order_id, 30 as customer_id, true as amount",
    )
    outcomes = shop.deliver()
    assert [one.outcome for one in outcomes] == [
        "unchanged",
        "loaded",
        "loaded",
    ]
    assert shop.orders() == [
        ("1", "10", "2.50", "2026-01-01"),
        ("1", "a", "1.50", None),
        ("2", "b", None, ""),
        ("3", "30", "true", None),
    ]


def test_same_types_stay_typed(shop: Shop):
    for i in (1, 2):
        shop.put_parquet(
            f"orders_{i}.parquet", f"select {i} as order_id, 1 as customer_id"
        )
    shop.deliver()
    assert shop.orders("order_id, typeof(order_id)") == [
        (1, "INTEGER"),
        (2, "INTEGER"),
    ]


def test_column_declared_later_is_added_to_a_filled_table(shop: Shop):
    shop.put("orders.csv", GOOD)
    shop.deliver()
    wider = table("orders", "order_id* customer_id* amount note channel", True)
    shop.spec = SourceSpec("shop", SPEC.path, (wider,))
    shop.put("orders_2.csv", "channel,order_id,customer_id\nweb,9,z\n")
    shop.deliver()
    assert shop.orders("order_id, channel") == [
        ("1", None),
        ("2", None),
        ("9", "web"),
    ]


def test_names_with_pattern_signs_reach_their_own_file(shop: Shop):
    shop.put("orders_[1].csv", "order_id,customer_id\n1,a\n")
    shop.put("orders_*.csv", "order_id,customer_id\n2,b\n")
    shop.put("orders_1.csv", "order_id,customer_id\n3,c\n")
    shop.put("orders_it's?.jsonl", '{"order_id": 4, "customer_id": "d"}\n')
    outcomes = shop.deliver()
    assert [one.outcome for one in outcomes] == ["loaded"] * 4
    assert [one.count_rows for one in outcomes] == [1] * 4
    assert sorted(row[0] for row in shop.orders()) == ["1", "2", "3", "4"]


# -- which file belongs to which table --------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders.csv", "orders"),
        ("Orders.CSV", "orders"),
        ("orders_2026-07.csv", "orders"),
        ("orders-part2.parquet", "orders"),
        ("orders.2026.jsonl.gz", "orders"),
        ("orders (1).csv", "orders"),
        ("order_lines_2026.ndjson", "order_lines"),
        ("order_lines/part-0001.snappy.parquet", "order_lines"),
        ("orders/2026/07/x.csv.gz", "orders"),
        ("ordersx.csv", None),
        ("order.csv", None),
        ("other/orders.csv", None),
        ("orders.xlsx", None),
        ("orders.json", None),
        ("orders", None),
    ],
)
def test_files_belong_to_the_table_they_are_named_after(
    name: str, expected: str | None
):
    found = match_table(name, SPEC)
    assert (found.name if found else None) == expected


def test_longest_table_name_wins():
    spec = SourceSpec(
        "shop", Path("x"), (table("orders", "a"), table("orders_old", "a"))
    )
    found = match_table("orders_old_2.csv", spec)
    assert found is not None and found.name == "orders_old"


def test_files_still_being_written_are_left_alone(shop: Shop):
    for name in (
        "orders.csv.tmp",
        "orders.csv.part",
        ".orders.csv",
        "_orders.csv",
        "_temporary/orders.csv",
        "orders/_SUCCESS",
        "orders/.part-0.crc",
    ):
        shop.put(name, GOOD)
    assert shop.deliver() == []


def test_files_are_taken_in_the_order_of_their_names(shop: Shop):
    for name in ("orders_b.csv", "orders/a.csv", "orders_a.csv", "orders.csv"):
        shop.put(name, f"order_id,customer_id\n{name},a\n")
    names = [one.file_name for one in shop.deliver()]
    assert names == sorted(names)
    assert [row[0] for row in shop.orders()] == names


# -- again ------------------------------------------------------------------


def test_second_delivery_changes_nothing(shop: Shop):
    shop.put("orders.csv", GOOD)
    first = shop.one()
    before = shop.query("from meta.deliveries"), shop.orders("*")
    again = shop.one(run_id="run-2")
    assert again.outcome == "unchanged"
    assert again.delivery_id == first.delivery_id
    assert (shop.query("from meta.deliveries"), shop.orders("*")) == before


def test_same_content_under_another_name_is_noted_once(shop: Shop):
    shop.put("orders.csv", GOOD)
    shop.put("orders_copy.csv", GOOD)
    for _ in range(3):
        first, second = shop.deliver()
        assert second.outcome == "duplicate"
        assert "orders.csv" in str(second.message)
    assert first.outcome == "unchanged"
    assert len(shop.orders()) == 2
    assert shop.query(
        "select file_name, outcome, count_rows from meta.deliveries "
        "order by all"
    ) == [("orders.csv", "loaded", 2), ("orders_copy.csv", "duplicate", 0)]


def test_same_content_for_another_table_is_no_duplicate(shop: Shop):
    text = "order_id,customer_id,line_id\n1,a,2\n"
    shop.put("orders.csv", text)
    shop.put("order_lines.csv", text)
    assert [one.outcome for one in shop.deliver()] == ["loaded"] * 2


def test_new_content_under_an_old_name_is_added_and_said(shop: Shop):
    shop.put("orders.csv", GOOD)
    shop.deliver()
    shop.put("orders.csv", GOOD + "3,c,1,\n")
    outcome = shop.one()
    assert outcome.outcome == "loaded"
    assert "delivered before (delivery 1)" in str(outcome.message)
    assert len(shop.orders()) == 5


def test_refused_file_is_noted_once_and_told_every_time(shop: Shop):
    shop.put("orders.csv", "order_id,customer_id\n1,a")
    messages = {shop.one().message for _ in range(3)}
    assert len(messages) == 1
    assert shop.query("select count(*) from meta.deliveries") == [(1,)]
    shop.put("orders.csv", "order_id,customer_id\n1,a\n")
    assert shop.one().outcome == "loaded"


def test_one_bad_file_does_not_hold_up_the_others(shop: Shop):
    shop.put("order_lines.csv", "line_id\n1\n2")
    shop.put("orders.csv", GOOD)
    assert [one.outcome for one in shop.deliver()] == ["refused", "loaded"]
    assert len(shop.orders()) == 2


# -- what is refused --------------------------------------------------------

HEAD = "order_id,customer_id,amount\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param(*case[1:], id=case[0])
        for case in [
            ("empty", "orders.csv", b"", ["empty", "zero bytes"]),
            (
                "empty gz",
                "orders.csv.gz",
                gzip.compress(b""),
                ["empty", "zero bytes"],
            ),
            ("empty parquet", "orders.parquet", b"", ["empty"]),
            (
                "missing column",
                "orders.csv",
                "order_id,amount\n1,2\n",
                ["required column customer_id is missing", "add it"],
            ),
            (
                "missing column with near name",
                "orders.csv",
                "order_id,custmer_id\n1,2\n",
                ["customer_id is missing", "did you mean 'custmer_id'"],
            ),
            (
                "case of a required column",
                "orders.csv",
                "Order ID,customer_id\n1,2\n",
                ["order_id is missing", "did you mean 'Order ID'"],
            ),
            (
                "misnamed optional column",
                "orders.csv",
                "order_id,customer_id,amout\n1,2,3\n",
                ["'amout' looks like amount", "rename", "_shop__sources.yml"],
            ),
            (
                "misnamed by case",
                "orders.csv",
                "order_id,customer_id,Amount\n1,2,3\n",
                ["'Amount' looks like amount"],
            ),
            (
                "misnamed by spaces",
                "orders.csv",
                "order_id,customer_id, amount \n1,2,3\n",
                ["' amount ' looks like amount"],
            ),
            (
                "header twice",
                "orders.csv",
                "order_id,customer_id,amount,amount\n1,2,3,4\n",
                ["'amount' is there 2 times", "keep one"],
            ),
            (
                "header name with line break",
                "orders.csv",
                'order_id,"customer\n_id"\n1,2\n',
                ["line break inside a column name"],
            ),
            (
                "first line empty",
                "orders.csv",
                "\n" + HEAD,
                ["empty first line", "column names"],
            ),
            (
                "no final line end",
                "orders.csv",
                HEAD + "1,2,3\n4,5,6",
                ["does not end with a line end", "line 3", "half-written"],
            ),
            (
                "header half-written",
                "orders.csv",
                "order_id,custom",
                ["does not end with a line end", "line 1"],
            ),
            (
                "crlf cut between",
                "orders.csv",
                "order_id,customer_id\r\n1,2\r",
                ["does not end with a line end"],
            ),
            (
                "too few fields",
                "orders.csv",
                HEAD + "1,2,3\n4,5\n",
                ["ragged", "line 3 has 2 fields", "the 3 of the header"],
            ),
            (
                "too many fields",
                "orders.csv",
                HEAD + "1,2,3,4\n4,5,6\n",
                ["ragged", "line 2 has 4 fields"],
            ),
            (
                "comma at the end of every line",
                "orders.csv",
                HEAD + "1,2,3,\n4,5,6,\n",
                ["ragged", "line 2 has 4 fields"],
            ),
            (
                "one long and one short line",
                "orders.csv",
                HEAD + "1,2\n4,5,6,7\n",
                ["ragged", "line 2"],
            ),
            (
                "semicolons",
                "orders.csv",
                "order_id;customer_id;amount\n1;2;3,5\n",
                ["separated by semicolons", "commas"],
            ),
            (
                "tabs",
                "orders.csv",
                "order_id\tcustomer_id\n1\t2\n",
                ["separated by tabs"],
            ),
            (
                "bars",
                "orders.csv",
                '"order_id"|"customer_id"\n1|2\n',
                ["separated by vertical bars"],
            ),
            (
                "utf-16 with mark",
                "orders.csv",
                GOOD.encode("utf-16"),
                ["UTF-16", "iconv -f UTF-16 -t UTF-8"],
            ),
            (
                "utf-16 without mark",
                "orders.csv",
                GOOD.encode("utf-16-le"),
                ["UTF-16"],
            ),
            (
                "latin-1",
                "orders.csv",
                (HEAD + "1,a,b\n2,café,c\n").encode("latin-1"),
                ["not UTF-8", "line 3", "0xE9", "iconv -f WINDOWS-1252"],
            ),
            (
                "latin-1 far down",
                "orders.csv",
                (HEAD + "1,a,b\n" * 600_000 + "2,é,c\n").encode("latin-1"),
                ["line 600002", "0xE9"],
            ),
            (
                "nul",
                "orders.csv",
                HEAD + "1,2,3\n4,a\0b,5\n",
                ["NUL byte on line 3"],
            ),
            (
                "open quote",
                "orders.csv",
                HEAD + '1,"2,3\n4,5,6\n',
                ["ends inside a quoted field"],
            ),
            (
                "stray quote",
                "orders.csv",
                HEAD + '1,5" pipe,3\n4,6" pipe,6\n',
                ["quote inside a field on line 2", "twice"],
            ),
            (
                "text behind a closing quote",
                "orders.csv",
                HEAD + '1,"2"x,3\n',
                ["line 2", "quote"],
            ),
            (
                "backslash before quote",
                "orders.csv",
                HEAD + '1,"a\\"b\\"",3\n',
                ["line 2", "backslash"],
            ),
            (
                "mixed line ends",
                "orders.csv",
                HEAD + "1,2,3\r\n4,5,6\n",
                ["mixes line ends", "1 CRLF", "2 LF"],
            ),
            (
                "lone return in a field",
                "orders.csv",
                HEAD + "1,2\r2,3\n",
                ["mixes line ends", "1 CR)"],
            ),
            (
                "old mac",
                "orders.csv",
                HEAD.replace("\n", "\r") + "1,2,3\r",
                ["old Mac"],
            ),
            (
                "giant field",
                "orders.csv",
                HEAD + "1," + "x" * 2_100_000 + ",3\n",
                ["record of more than 2,000,000 bytes", "line 2"],
            ),
            (
                "cut gz",
                "orders.csv.gz",
                gzip.compress((HEAD + "1,2,3\n" * 999).encode())[:-9],
                ["gzip file that is cut off"],
            ),
            (
                "cut second member",
                "orders.csv.gz",
                gzip.compress(HEAD.encode()) + gzip.compress(b"1,2,3\n")[:-3],
                ["gzip file that is cut off"],
            ),
            (
                "damaged gz",
                "orders.csv.gz",
                gzip.compress(HEAD.encode())[:-8] + b"\1" * 8,
                ["no sound gzip"],
            ),
            (
                "gz that is none",
                "orders.csv.gz",
                HEAD,
                ["no sound gzip", "drop .gz"],
            ),
            (
                "gz without saying so",
                "orders.csv",
                gzip.compress(HEAD.encode()),
                ["is gzip", ".csv.gz"],
            ),
            (
                "excel as csv",
                "orders.csv",
                b"PK\x03\x04rest",
                ["Excel", "CSV UTF-8"],
            ),
            ("parquet as csv", "orders.csv", b"PAR1....PAR1", ["is Parquet"]),
            ("csv as parquet", "orders.parquet", HEAD, ["no Parquet file"]),
            (
                "parquet of nonsense",
                "orders.parquet",
                b"PAR1" + b"\x07" * 90 + b"PAR1",
                ["damaged Parquet"],
            ),
            (
                "json cut",
                "orders.jsonl",
                '{"order_id": 1, "customer_id": 2}\n{"order_id"',
                ["does not end with a line end", "line 2"],
            ),
            (
                "json broken",
                "orders.jsonl",
                '{"order_id": 1, "customer_id": 2}\n{"order_id": \n',
                ["line 2 is not one whole JSON object"],
            ),
            (
                "json list",
                "orders.jsonl",
                '[{"order_id": 1, "customer_id": 2}]\n',
                ["line 1 is not one whole JSON object", "without a list"],
            ),
            (
                "json pretty",
                "orders.jsonl",
                json.dumps({"order_id": 1, "customer_id": 2}, indent=1) + "\n",
                ["line 1 is not one whole JSON object"],
            ),
            (
                "json null",
                "orders.jsonl",
                '{"order_id": 1, "customer_id": 2}\nnull\n',
                ["line 2 is not one whole JSON object"],
            ),
            (
                "json key twice",
                "orders.jsonl",
                '{"order_id": 1, "order_id": 2, "customer_id": 2}\n',
                ["line 1 is not one whole JSON object", "each key once"],
            ),
            (
                "json without required",
                "orders.jsonl",
                '{"order_id": 1, "customerId": 2}\n',
                ["customer_id is missing", "did you mean 'customerId'"],
            ),
            ("json of nothing", "orders.jsonl", "\n\n", ["holds no record"]),
            (
                "json latin-1",
                "orders.jsonl",
                '{"order_id": "é", "customer_id": 2}\n'.encode("latin-1"),
                ["not UTF-8", "line 1"],
            ),
            (
                "unknown extension",
                "orders.xlsx",
                b"PK",
                ["extension that is not read", ".parquet", "order_lines"],
            ),
            (
                "unknown table",
                "order_line.csv",
                HEAD,
                [
                    "belongs to no table of shop",
                    "orders, order_lines, tags",
                    "Did you mean order_lines?",
                ],
            ),
        ]
    ],
)
def test_refused_with_a_message_that_helps(
    shop: Shop, name: str, content: str | bytes, words: list[str]
):
    shop.put(name, content)
    shop.refused(*words)


def test_messages_hold_no_values(shop: Shop):
    secret = "jane.doe@example.com"
    shop.put("orders.csv", HEAD + f'1,"{secret}"x,3\n')
    shop.put("orders_2.csv", HEAD + f"1,{secret}\n")
    shop.put("orders_3.jsonl", f'{{"order_id": "{secret}"\n')
    shop.put("orders_4.csv", (HEAD + f"é{secret},1,2\n").encode("latin-1"))
    for outcome in shop.deliver():
        assert outcome.outcome == "refused"
        assert secret not in str(outcome.message)


def test_parquet_cut_anywhere_is_refused(shop: Shop):
    path = shop.put_parquet(
        "orders.parquet",
        "select i as order_id, 'c' || i as customer_id from range(2000) r(i)",
    )
    data = path.read_bytes()
    path.unlink()
    for position in random.Random(3).sample(range(1, len(data)), 40):
        shop.put(f"orders_{position}.parquet", data[:position])
    outcomes = shop.deliver()
    assert {one.outcome for one in outcomes} == {"refused"}
    assert all("Parquet" in str(one.message) for one in outcomes)
    assert shop.orders() == []


def test_parquet_with_damaged_bytes_never_stops_the_others(shop: Shop):
    path = shop.put_parquet(
        "orders.parquet",
        "select i as order_id, 'c' || i as customer_id from range(2000) r(i)",
    )
    data, chance = path.read_bytes(), random.Random(4)
    for number in range(40):
        damaged = bytearray(data)
        for _ in range(4):
            damaged[chance.randrange(len(data) - 400, len(data) - 8)] ^= 0xFF
        shop.put(f"orders_{number}.parquet", bytes(damaged))
    outcomes = shop.deliver()
    assert outcomes[0].file_name == "orders.parquet"
    assert outcomes[0].outcome == "loaded"
    assert "refused" in {one.outcome for one in outcomes[1:]}


def test_column_missing_from_parquet_is_named(shop: Shop):
    shop.put_parquet("orders.parquet", "select 1 as order_id, 2 as custmer_id")
    shop.refused("customer_id is missing", "did you mean 'custmer_id'")


def test_packed_bomb_is_refused_in_bounded_memory(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    rows = gzip.compress(HEAD.encode() + b"1,2,3\n" * 2_000_000)
    shop.put("orders.csv.gz", rows)
    shop.refused("unpacks to more than 1,000,000", max_uncompressed_bytes=10**6)


def test_packed_single_giant_line_is_refused_early(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    fed = []
    feed = delivery._Scanner.feed

    def counting(self: Any, chunk: bytes) -> None:
        fed.append(len(chunk))
        feed(self, chunk)

    monkeypatch.setattr(delivery._Scanner, "feed", counting)
    bomb = gzip.compress(HEAD.encode() + b"x" * 60_000_000, 1)
    shop.put("orders.csv.gz", bomb)
    shop.refused("record of more than 2,000,000 bytes")
    assert sum(fed) < 10_000_000


def test_folders_links_and_pipes_are_refused_not_waited_for(shop: Shop):
    os.mkfifo(shop.folder / "orders_pipe.csv")
    (shop.folder / "orders_gone.csv").symlink_to("/nonexistent/orders.csv")
    (shop.folder / "orders").symlink_to("/tmp")
    outcomes = shop.deliver()
    assert [one.outcome for one in outcomes] == ["refused"] * 3
    assert all("cannot be read" in str(one.message) for one in outcomes)
    assert len(shop.query("from meta.deliveries")) == 3
    shop.deliver()
    assert len(shop.query("from meta.deliveries")) == 3


def test_file_names_that_are_not_utf8_are_refused(shop: Shop):
    shop.put(os.fsdecode(b"orders_\xe9.csv"), GOOD)
    outcome = shop.one()
    assert outcome.outcome == "refused"
    assert "not UTF-8: rename it" in str(outcome.message)


@contextmanager
def meddling(
    monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object]
) -> Iterator[None]:
    """Do something right after a step of the delivery."""
    step = getattr(delivery, name)

    def then(*args: Any) -> Any:
        result = step(*args)
        act()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(delivery, name, then)
        yield


@pytest.mark.parametrize("step", ["_scan_text", "_prepare_table"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.unlink(), id="vanishes"),
        pytest.param(
            lambda path: path.write_text(GOOD + "3,c,1,\n"), id="grows"
        ),
        pytest.param(
            lambda path: path.write_text(GOOD.replace("1.50", "9.99")),
            id="changes at the same size",
        ),
    ],
)
def test_file_that_changes_while_it_is_read_is_refused(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    change: Callable[[Path], object],
):
    path = shop.put("orders.csv", GOOD)
    with meddling(monkeypatch, step, lambda: change(path)):
        shop.refused()
    path.write_text(GOOD)
    assert shop.one().outcome == "loaded"
    assert len(shop.orders()) == 2


# -- crashes ----------------------------------------------------------------


@pytest.mark.parametrize(
    "step", ["_next_delivery_id", "_prepare_table", "_fingerprint"]
)
def test_crash_in_the_middle_leaves_neither_rows_nor_ledger(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str
):
    path = shop.put_parquet(
        "orders_1.parquet", "select 1 as order_id, 2 as customer_id"
    )
    shop.deliver()
    as_text = "order_id::varchar, customer_id::varchar, delivery_id"
    before = shop.orders(as_text), shop.query("from meta.deliveries")
    shop.put("orders_2.csv", GOOD)
    path.unlink()
    calls: list[int] = []

    def crash() -> None:
        calls.append(1)
        if len(calls) == (2 if step == "_fingerprint" else 1):
            raise KeyboardInterrupt

    with (
        meddling(monkeypatch, step, crash),
        pytest.raises(KeyboardInterrupt),
    ):
        shop.deliver()
    after = shop.orders(as_text), shop.query("from meta.deliveries")
    assert after == before
    assert shop.one().outcome == "loaded"
    assert len(shop.orders()) == 3


def test_crash_at_the_ledger_leaves_no_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    shop.put("orders.csv", GOOD)

    def crash(*args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(delivery._Delivery, "_write_ledger", crash)
        with pytest.raises(SystemExit):
            shop.deliver()
    assert shop.orders() == []
    assert shop.one().outcome == "loaded"


def test_rows_that_do_not_show_after_a_load_stop_the_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """DuckDB 2.0 hid rows from a table made and filled in one transaction."""
    shop.put("orders.csv", GOOD)
    seen = []
    check = delivery._Delivery._see_that_rows_are_there

    def check_more(self: Any, table_: TableSpec, outcome: FileOutcome) -> None:
        check(self, table_, outcome)
        seen.append(outcome)
        check(self, table_, replace(outcome, count_rows=3))

    with monkeypatch.context() as patch:
        patch.setattr(
            delivery._Delivery, "_see_that_rows_are_there", check_more
        )
        with pytest.raises(DeliveryError, match="shows 2 of them"):
            shop.deliver()
    assert len(seen) == 1


def test_kill_in_the_middle_of_a_delivery_leaves_nothing(shop: Shop):
    shop.put("orders.csv", HEAD + "1,2,3\n" * 200_000)
    child = os.fork()
    if child == 0:  # pragma: no cover
        delivery._Delivery._write_ledger = (  # type: ignore[method-assign]
            lambda *args: os.kill(os.getpid(), 9)
        )
        shop.deliver()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == 9
    assert shop.orders() == []
    assert shop.query("from meta.deliveries") == []
    assert shop.one().count_rows == 200_000


def test_warehouse_that_fails_is_not_blamed_on_the_file(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    shop.put("orders.csv", GOOD)

    def no_memory(*args: Any) -> None:
        raise duckdb.OutOfMemoryException("could not allocate")

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_prepare_table", no_memory)
        with pytest.raises(duckdb.OutOfMemoryException):
            shop.deliver()
    assert shop.query("from meta.deliveries") == []


def written_csv(chance: random.Random, count: int) -> tuple[str, list[Any]]:
    notes = ["", "plain", 'with ""quote""', "line\nend", "a,b\n\nc", "é🙂", ","]
    rows, lines = [], [HEAD.replace("amount", "note")]
    for number in range(count):
        note = chance.choice(notes)
        rows.append((str(number), f"c{number}", note.replace('""', '"')))
        lines.append(f'{number},c{number},"{note}"\n')
    return "".join(lines), rows


@pytest.mark.parametrize(
    ("line_end", "count_cuts"), [("\n", 200), ("\r\n", 60)]
)
def test_csv_cut_at_200_places_loads_exactly_what_is_whole_or_nothing(
    shop: Shop, line_end: str, count_cuts: int
):
    chance = random.Random(11)
    text, rows = written_csv(chance, 120)
    lines = text.split('"\n')
    text = f'"{line_end}'.join(lines).replace("note\n", f"note{line_end}")
    data = text.encode()
    ends = [text.index(line_end) + len(line_end)]
    for number in range(120):
        following = text.find(f"{line_end}{number + 1},c{number + 1},")
        ends.append(following + len(line_end) if following > 0 else len(text))
    whole = {len(text[:end].encode()): count for count, end in enumerate(ends)}
    anywhere = chance.sample(range(1, len(data)), count_cuts)
    for cut in {*anywhere, *chance.sample(sorted(whole), 15)}:
        shop.put(f"orders_{cut:05}.csv", data[:cut])
    loaded = 0
    outcomes = shop.deliver()
    found: dict[int | None, list[Any]] = {
        one.delivery_id: [] for one in outcomes
    }
    for delivery_id, *row in shop.orders(
        "delivery_id, order_id, customer_id, note"
    ):
        found[delivery_id].append(tuple(row))
    for outcome in outcomes:
        cut = int(outcome.file_name[7:12])
        if cut not in whole:
            assert outcome.outcome == "refused", cut
            continue
        assert outcome.outcome == "loaded", outcome
        loaded += 1
        assert found[outcome.delivery_id] == rows[: whole[cut]]
    assert loaded >= 15


def test_csv_with_one_byte_changed_never_loses_a_record_silently(shop: Shop):
    chance = random.Random(12)
    text, rows = written_csv(chance, 60)
    data = text.encode()
    for number in range(150):
        changed = bytearray(data)
        place = chance.randrange(len(HEAD), len(data))
        changed[place] = chance.choice(b'",\n\rx')
        shop.put(f"orders_{number:03}.csv", bytes(changed))
    for outcome in shop.deliver():
        if outcome.outcome == "loaded":
            assert outcome.count_rows in (len(rows), len(rows) + 1)


# -- what must be there -----------------------------------------------------


def test_missing_required_table_names_file_and_folder(shop: Shop):
    assert required_problems([], SPEC, landing=shop.settings.landing) == [
        "The source shop has no orders, which it must have: put orders.csv "
        "(or .csv.gz, .jsonl, .parquet) into "
        f"{shop.folder}/, with the columns order_id, customer_id."
    ]


def test_required_table_filled_by_an_earlier_run_is_enough(shop: Shop):
    path = shop.put("orders.csv", GOOD)
    shop.deliver()
    path.unlink()
    outcomes = shop.deliver()
    assert outcomes == []
    check_deliveries(shop.settings, outcomes, specs=[SPEC])
    with open_warehouse(shop.settings) as connection:
        assert tables_with_rows(connection, SPEC) == {"orders"}


def test_refused_file_of_a_required_table_stops_the_run(shop: Shop):
    shop.put("orders.csv", GOOD)
    shop.put("orders_2.csv", "order_id,customer_id\n1,a")
    outcomes = shop.deliver()
    with pytest.raises(DeliveryError) as raised:
        check_deliveries(shop.settings, outcomes, specs=[SPEC])
    assert str(raised.value).startswith("orders_2.csv: does not end")
    assert "mend the file or take it away" in str(raised.value)


def test_run_stops_with_all_messages_at_once(shop: Shop):
    shop.put("orders.csv", "order_id\n1\n")
    more = SourceSpec("more", SPEC.path, (table("orders", "a*", True),))
    with pytest.raises(DeliveryError) as raised:
        check_deliveries(shop.settings, shop.deliver(), specs=[SPEC, more])
    assert len(str(raised.value).splitlines()) == 3


def test_refused_file_of_an_optional_table_lets_the_run_go_on(shop: Shop):
    shop.put("orders.csv", GOOD)
    shop.put("order_lines.csv", "line_id\n1")
    shop.put("strange.csv", "x\n")
    check_deliveries(shop.settings, shop.deliver(), specs=[SPEC])


def test_raw_tables_are_made_empty_and_kept_when_filled(shop: Shop):
    with open_warehouse(shop.settings) as connection:
        ensure_raw_tables(connection, SPEC)
        ensure_raw_tables(connection, SPEC)
        assert connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where table_name = 'shop__tags' order by column_index"
        ).fetchall() == [
            ("tag", "VARCHAR"),
            ("delivery_id", "BIGINT"),
            ("delivery_row", "BIGINT"),
            ("delivered_at", "TIMESTAMP"),
        ]
        assert tables_with_rows(connection, SPEC) == frozenset()


def test_raw_table_of_other_origin_is_left_alone(shop: Shop):
    shop.query("create table raw.shop__orders as select 1 as order_id")
    shop.put("orders.csv", GOOD)
    with pytest.raises(DeliveryError, match="was not made by a delivery"):
        shop.deliver()
    assert shop.query("from raw.shop__orders") == [(1,)]


# -- sources yml ------------------------------------------------------------

YML = """
version: 2
sources:
  - name: raw_shop
    schema: raw
    tables:
      - name: shop__orders
        config: {meta: {entity: orders, is_required: true}}
        columns:
          - name: order_id
            data_type: varchar
            config: {meta: {is_required: true}}
          - {name: amount, data_type: "decimal(18, 2)"}
          - {name: delivery_id, data_type: bigint}
"""


def put_yml(root: Path, text: str) -> Path:
    folder = root / "models" / "staging" / "shop"
    folder.mkdir(parents=True)
    (folder / "_shop__sources.yml").write_text(text, encoding="utf-8")
    return root


def test_sources_yml_becomes_a_spec(tmp_path: Path):
    spec = load_source_spec("shop", put_yml(tmp_path, YML))
    orders = spec.table("orders")
    assert spec.table_names == ("orders",)
    assert (orders.entity, orders.is_required) == ("orders", True)
    assert orders.relation == 'raw."shop__orders"'
    assert orders.columns == (
        ColumnSpec("order_id", "varchar", True),
        ColumnSpec("amount", "decimal(18, 2)", False),
    )
    assert orders.required_columns == ("order_id",)
    with pytest.raises(KeyError, match="declares no table"):
        spec.table("nothing")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sources:", "quellen:", "no list named sources"),
        ("raw_shop", "shop", "no source is named raw_shop"),
        ("schema: raw", "schema: main", "write schema: raw"),
        ("shop__orders", "orders", "must be named shop__<table>"),
        ("entity: orders", "entity: order", "must be one of customers"),
        (
            "is_required: true}}\n        c",
            "is_required: 1}}\n        c",
            "true or",
        ),
        ("name: order_id", "name: Order ID", "lower case letters"),
        ("name: amount", "name: order_id", "is declared twice"),
        ("config: {meta: {ent", "meta: {x: {ent", "move it under config"),
        ("version: 2", "version: [", "no readable yml"),
    ],
)
def test_wrong_sources_yml_names_the_file_and_the_mend(
    tmp_path: Path, old: str, new: str, words: str
):
    assert old in YML
    root = put_yml(tmp_path, YML.replace(old, new, 1))
    with pytest.raises(SourceSpecError) as raised:
        load_source_spec("shop", root)
    assert "_shop__sources.yml" in str(raised.value)
    assert words in str(raised.value)


def test_missing_sources_yml_is_named(tmp_path: Path):
    with pytest.raises(SourceSpecError, match="is missing: it declares"):
        load_source_spec("shop", tmp_path)
    with pytest.raises(SourceSpecError, match="no name of a source"):
        load_source_spec("../shop", tmp_path)


@pytest.mark.parametrize("source", ["template", "sample_company"])
def test_the_projects_own_sources_can_be_read(source: str):
    assert load_source_spec(source).table("orders").required_columns
