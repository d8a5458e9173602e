"""A small company in a DuckDB file: raw tables and staging views over them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from expectations import (
    ExpectationResult,
    RelationCheck,
    entity_checks,
    validate,
)

CONTRACT = (
    Path(__file__).resolve().parents[2]
    / "dbt_project"
    / "models"
    / "input_layer"
)
AT = datetime(2026, 6, 30, 3, 0)
AS_OF = date(2026, 6, 30)
COUNT_ROWS = 200

GOOD_ROWS = {
    "customers": "'c' || i as customer_id, date '1980-01-01' + i::int as "
    "birth_date, 'female' as gender, 'DE' as country, 2 as household_size, "
    "timestamp '2025-01-01' as registered_at, 30000 as income_min, "
    "'EUR' as income_currency, 35 as age_min, 44 as age_max",
    "customer_identifiers": "'email' as identifier_type, "
    "'person' || i || '@example.com' as identifier_value, "
    "'c' || i as customer_id",
    "products": "'p' || i as product_id, 'shoes' as category, "
    "5 as unit_cost, 10 as list_price, 'EUR' as currency",
    "orders": "'o' || i as order_id, case when i % 2 = 0 then 'c' || i end "
    "as customer_id, timestamp '2026-01-01' + i * interval 1 hour as "
    "ordered_at, 'web' as channel, 'completed' as status, 'EUR' as currency, "
    "'k' || (i % 3) as campaign_id, 0 as discount_amount",
    "order_lines": "'o' || i || '-1' as order_line_id, 'o' || i as order_id, "
    "'p' || i as product_id, 1 as quantity, 10 as unit_price, 0 as "
    "discount_amount, 'sale' as line_type, 'EUR' as currency",
    "web_sessions": "'s' || i as session_id, 'c' || i as customer_id, "
    "timestamp '2026-02-01' as started_at, 60 as duration_seconds, "
    "'mobile' as device",
    "social_interactions": "'x' || i as interaction_id, 'c' || i as "
    "customer_id, timestamp '2026-02-01' as interacted_at, 'like' as "
    "interaction_kind, 0.5 as sentiment",
    "survey_questions": "'q' || i as question_id, 'value' as dimension, "
    "'thrift' as construct, 'number' as answer_kind, 1 as scale_min, 5 as "
    "scale_max",
    "survey_responses": "'a' || i as response_id, 'q' || i as question_id, "
    "'c' || i as customer_id, timestamp '2026-02-01' as answered_at, "
    "i % 5 + 1 as answer_number",
    "support_tickets": "'t' || i as ticket_id, 'c' || i as customer_id, "
    "'o' || i as order_id, 'email' as channel, 'normal' as priority, "
    "timestamp '2026-02-01' as opened_at, 4 as csat, "
    "timestamp '2026-02-02' as resolved_at",
    "reviews": "'r' || i as review_id, 'c' || i as customer_id, 'p' || i as "
    "product_id, 5 as rating, timestamp '2026-02-01' as reviewed_at",
    "campaigns": "'k' || i as campaign_id, 'email' as channel, 'retention' "
    "as objective, date '2026-01-01' as starts_on",
    "campaign_touches": "'h' || i as touch_id, 'k' || i as campaign_id, "
    "'c' || i as customer_id, timestamp '2026-01-02' as touched_at, "
    "i % 10 = 0 as is_held_out",
    "marketing_spend": "date '2026-01-01' + i::int as spend_date, 'email' as "
    "channel, 'none' as campaign_id, 10 as amount, 'EUR' as currency",
    "market_benchmarks": "'repeat_share' as metric, 'all' as segment, "
    "'2026' as period, 'institute ' || i as publisher, 0.3 as "
    "benchmark_value, 'share' as unit",
}


def contract_columns() -> dict[str, dict[str, str]]:
    """Column types per entity, from the contract's yml."""
    contract = {}
    for path in sorted(CONTRACT.glob("input_layer__*.yml")):
        [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        contract[model["name"].removeprefix("input_layer__")] = {
            column["name"]: column["data_type"] for column in model["columns"]
        }
    return contract


def build_company(path: Path) -> None:
    """Write a file in which every expectation is met."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema raw; create schema staging; create schema meta; "
            "create table meta.deliveries (delivery_id bigint, "
            "source varchar, table_name varchar, count_rows bigint, "
            "delivered_at timestamp, outcome varchar)"
        )
        for entity, columns in contract_columns().items():
            typed = ", ".join(
                f"{name} {kind}" for name, kind in columns.items()
            )
            connection.execute(
                f"create table raw.shop__{entity} "
                f"({typed}, cast_failures varchar)"
            )
            connection.execute(
                f"insert into raw.shop__{entity} by name "
                f"select {GOOD_ROWS[entity]}, 'shop' as source, "
                "1 as delivery_id, i as delivery_row, "
                "timestamp '2026-06-29' as delivered_at "
                f"from range({COUNT_ROWS}) as numbers(i)"
            )
            connection.execute(
                f"create view staging.stg_shop__{entity} as "
                f"select * from raw.shop__{entity}"
            )
            connection.execute(
                "insert into meta.deliveries values "
                f"(1, 'shop', '{entity}', {COUNT_ROWS}, "
                "timestamp '2026-06-29', 'loaded')"
            )


class Company:
    """The file, and short ways to spoil and to check it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def execute(self, *statements: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            for statement in statements:
                connection.execute(statement)

    def validate(
        self, checks: list[RelationCheck] | None = None, **options: Any
    ) -> list[ExpectationResult]:
        return validate(
            self.path,
            entity_checks(["shop"]) if checks is None else checks,
            run_id="run-1",
            checked_at=AT,
            **{"as_of": AS_OF, **options},
        )
