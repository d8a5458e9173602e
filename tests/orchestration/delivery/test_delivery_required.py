"""A run stops where a table that a source must have is missing."""

from __future__ import annotations

import pytest
from shop import GOOD, NOW, SPEC, Shop, table

from orchestration.lib.delivery import (
    DeliveryError,
    check_deliveries,
    deliver,
    ensure_raw_tables,
    required_problems,
    tables_with_rows,
)
from orchestration.lib.source_specs import SourceSpec


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
    assert tables_with_rows(shop.connection, SPEC) == {"orders"}


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
    refused, missing = str(raised.value).splitlines()
    assert refused.startswith("orders.csv: the required column customer_id")
    assert missing.startswith("The source more has no orders")


def test_refused_file_of_an_optional_table_lets_the_run_go_on(shop: Shop):
    shop.put("orders.csv", GOOD)
    shop.put("order_lines.csv", "line_id\n1")
    shop.put("strange.csv", "x\n")
    check_deliveries(shop.settings, shop.deliver(), specs=[SPEC])


def test_raw_tables_are_made_empty_and_kept_when_filled(shop: Shop):
    ensure_raw_tables(shop.connection, SPEC)
    ensure_raw_tables(shop.connection, SPEC)
    assert shop.query(
        "select column_name, data_type from duckdb_columns() "
        "where table_name = 'shop__tags' order by column_index"
    ) == [
        ("tag", "VARCHAR"),
        ("delivery_id", "BIGINT"),
        ("delivery_row", "BIGINT"),
        ("delivered_at", "TIMESTAMP"),
    ]
    assert tables_with_rows(shop.connection, SPEC) == frozenset()


def test_source_whose_tables_live_elsewhere_is_left_alone(shop: Shop):
    spec = SourceSpec("other", SPEC.path, ())
    outcomes = deliver(shop.settings, "other", "run-1", now=NOW, spec=spec)
    assert outcomes == []
    check_deliveries(shop.settings, outcomes, specs=[spec])
    assert not (shop.settings.landing / "other").exists()


def test_raw_table_of_other_origin_is_left_alone(shop: Shop):
    shop.query("create table raw.shop__orders as select 1 as order_id")
    shop.put("orders.csv", GOOD)
    with pytest.raises(DeliveryError, match="was not made by a delivery"):
        shop.deliver()
    assert shop.query("from raw.shop__orders") == [(1,)]
