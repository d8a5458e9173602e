"""Each file belongs to one table, and is loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest
from shop import GOOD, SPEC, Shop, table

from orchestration.lib.delivery import match_table
from orchestration.lib.source_specs import SourceSpec


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


# -- again


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


def test_a_refusal_says_what_is_wrong_now(shop: Shop):
    shop.put("orders.csv", "No,Customer\n1,a\n")
    assert "order_id is missing" in str(shop.one().message)
    shop.spec = SourceSpec(
        "shop", shop.spec.path, (table("orders", "No* customer_id*"),)
    )
    message = shop.one().message
    assert "customer_id is missing" in str(message)
    assert "order_id" not in str(message)
    assert shop.query("select message from meta.deliveries") == [(message,)]


def test_one_bad_file_does_not_hold_up_the_others(shop: Shop):
    shop.put("order_lines.csv", "line_id\n1\n2")
    shop.put("orders.csv", GOOD)
    assert [one.outcome for one in shop.deliver()] == ["refused", "loaded"]
    assert len(shop.orders()) == 2
