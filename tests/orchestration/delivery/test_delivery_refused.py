"""What cannot be trusted is refused with a message that helps."""

from __future__ import annotations

import gzip
import json
import os
import random
import tracemalloc
from pathlib import Path

import pytest
from shop import GOOD, HEAD, Shop, assert_refused

from orchestration.lib.delivery import (
    FileOutcome,
    tables_with_rows,
    text_files,
)
from orchestration.lib.delivery.outcomes import RefusedError
from orchestration.lib.delivery.plans import check_columns
from orchestration.lib.source_specs import load_source_spec

CASES: list[tuple[str, str, str | bytes, list[str]]] = [
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
        ["required column customer_id is missing.", "Add what is missing"],
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
        (HEAD + "1,a,b\n" * 300_000 + "2,é,c\n").encode("latin-1"),
        ["line 300002", "0xE9"],
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
        "quote open over many lines",
        "orders.csv",
        HEAD + '1,"' + ("x" * 999 + "\n") * 2100,
        ["record of more than 2,000,000 bytes", "quote is missing"],
    ),
    (
        "text before an opening quote",
        "orders.csv",
        HEAD + '1, "a, b",3\n',
        ["quote inside a field on line 2", "without spaces"],
    ),
    ("backslash in its name", "orders_\\.csv", HEAD, ["rename it"]),
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


@pytest.fixture(scope="module")
def refusals(
    tmp_path_factory: pytest.TempPathFactory, empty_warehouse: Path
) -> dict[str, FileOutcome]:
    """Return the outcome of each case, all delivered at once."""
    shop = Shop(tmp_path_factory.mktemp("refused") / "home", empty_warehouse)
    for number, (_, name, content, _) in enumerate(CASES):
        first, dot, rest = name.partition(".")
        shop.put(f"{first}-{number:02}{dot}{rest}", content)
    with shop.stack:
        outcomes = {one.file_name: one for one in shop.deliver()}
        assert tables_with_rows(shop.connection, shop.spec) == frozenset()
        assert shop.query(
            "select file_name, outcome, message, count_rows "
            "from meta.deliveries order by delivery_id"
        ) == [
            (name, "refused", one.message, None)
            for name, one in outcomes.items()
        ]
    by_number = {name.split("-")[1][:2]: one for name, one in outcomes.items()}
    return {case[0]: by_number[f"{i:02}"] for i, case in enumerate(CASES)}


@pytest.mark.parametrize(
    ("case", "words"),
    [pytest.param(one[0], one[3], id=one[0]) for one in CASES],
)
def test_refused_with_a_message_that_helps(
    refusals: dict[str, FileOutcome], case: str, words: list[str]
):
    assert_refused(refusals[case], *words)


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


def test_packed_bomb_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(text_files, "MAX_UNPACKED_BYTES", 10**6)
    rows = gzip.compress(HEAD.encode() + b"1,2,3\n" * 200_000)
    shop.put("orders.csv.gz", rows)
    shop.refused("unpacks to more than 1,000,000")


def test_packed_giant_line_is_refused_in_bounded_memory(shop: Shop):
    bomb = gzip.compress(HEAD.encode() + b"x" * 60_000_000, 1)
    shop.put("orders.csv.gz", bomb)
    tracemalloc.start()
    try:
        shop.refused("record of more than 2,000,000 bytes")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


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


def test_a_name_is_suggested_for_the_column_it_is_nearest_to():
    orders = next(
        table
        for table in load_source_spec("template").tables
        if table.name == "orders"
    )
    with pytest.raises(RefusedError) as refused:
        check_columns(["OrderNo", "customer_id", "Date"], orders)
    said = str(refused.value)
    assert "column order_id is missing (did you mean 'OrderNo'?);" in said
    assert "column ordered_at is missing. Add" in said
    assert "declare it under its own name in _template__sources.yml" in said
    assert said.endswith("Not declared there: 'Date'.")
