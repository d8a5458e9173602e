"""What is loaded is what the file says, whole and in its order."""

from __future__ import annotations

import gzip
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from shop import GOOD, NOW, SPEC, Shop, table

from orchestration.lib.delivery import required_problems
from orchestration.lib.source_specs import ColumnSpec, SourceSpec, TableSpec


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
    for name, first, second in [
        ("orders_1", "note", "nooo"),
        ("orders_2", "nooo", "note"),
    ]:
        path = shop.put_parquet(
            f"{name}.parquet",
            f"select 1 as order_id, 2 as customer_id, '{first}' as {first}, "
            f"'{second}' as {second}",
        )
        data = path.read_bytes()
        path.write_bytes(data.replace(b"nooo", b"NOTE"))
    loaded, refused = shop.deliver()
    assert loaded.outcome == "loaded"
    assert shop.orders("note") == [("note",)]
    assert refused.outcome == "refused"
    assert "'NOTE' looks like note" in str(refused.message)


def test_headers_with_spaces_and_capitals_are_names_of_columns(shop: Shop):
    names = ("Product Name", "it's", "Größe (cm)", "select", "1. Preis; €")
    columns = tuple(ColumnSpec(name, is_required=True) for name in names)
    goods = TableSpec("shop", "goods", columns)
    shop.spec = SourceSpec("shop", Path("x.yml"), (goods,))
    values = ("Café", "b", "c", "d", "e")
    shop.put("goods.csv", ",".join(names) + "\n" + ",".join(values) + "\n")
    shop.put(
        "goods_2.jsonl",
        json.dumps(dict(zip(names, values, strict=True))) + "\n\n",
    )
    listed = [
        f'{value!r} as "{name}"'
        for name, value in zip(names, values, strict=True)
    ]
    shop.put_parquet("goods_3.parquet", "select " + ", ".join(listed))
    assert [one.outcome for one in shop.deliver()] == ["loaded"] * 3
    quoted = ", ".join(f'"{name}"' for name in names)
    assert shop.query(f"select {quoted} from raw.shop__goods") == 3 * [values]


def test_slip_in_a_header_with_spaces_is_seen(shop: Shop):
    columns = (ColumnSpec("Product Name"), ColumnSpec("Price"))
    goods = TableSpec("shop", "goods", columns)
    shop.spec = SourceSpec("shop", Path("x.yml"), (goods,))
    shop.put("goods.csv", "product_name,Price\na,1\n")
    shop.refused("'product_name' looks like Product Name", "rename what")


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
