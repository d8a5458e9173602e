"""Amounts in several currencies: refused by name, or converted by rates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.dbt import dbt_environment, dbt_executable
from orchestration.lib.delivery import deliver
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT, Settings

FILES = {
    "orders.csv": (
        "order_id,customer_id,ordered_at,channel,status,currency,"
        "discount_amount\n"
        "1,a,2026-01-05 10:00:00,web,completed,EUR,0\n"
        "2,a,2026-01-20 10:00:00,web,completed,USD,1\n"
        "3,b,2026-02-03 10:00:00,web,completed,USD,0\n"
    ),
    "order_lines.csv": (
        "order_line_id,order_id,product_id,quantity,unit_price,line_type,"
        "currency\n"
        "1,1,p1,2,10,sale,EUR\n"
        "2,2,p1,1,20,sale,USD\n"
        "3,3,p2,1,30,sale,USD\n"
    ),
    "products.csv": (
        "product_id,product_name,category,unit_cost,currency\n"
        "p1,Cup,Kitchen,4,EUR\n"
        "p2,Pan,Kitchen,10,USD\n"
    ),
    "marketing_spend.csv": (
        "spend_date,channel,campaign_id,amount,currency\n"
        "2026-01-10,email,none,8,USD\n"
    ),
}
RATES = "currency,valid_from,rate\nUSD,2026-01-01,0.9\nUSD,2026-02-01,0.8\n"


@dataclass(frozen=True)
class Shop:
    """A copy of the project, to write rates into, and a warehouse."""

    settings: Settings
    project: Path

    def build(
        self, *, rates: str, currency: str
    ) -> subprocess.CompletedProcess[str]:
        (self.project / "seeds" / "currency_rates.csv").write_text(rates)
        chosen = {"reporting_currency": currency, **self.settings.dbt_vars()}
        return subprocess.run(
            [
                *(dbt_executable(), "--quiet", "build"),
                *("--project-dir", str(self.project)),
                *("--profiles-dir", str(PROJECT_ROOT)),
                *("--exclude-resource-type", "unit_test"),
                *("--select", "+int_persona_months"),
                *("--indirect-selection", "buildable"),
                *("--vars", json.dumps(chosen)),
            ],
            env={**os.environ, **dbt_environment(self.settings)},
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(
            str(self.settings.warehouse_path), read_only=True
        ) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    root = tmp_path_factory.mktemp("currencies")
    project = root / "dbt_project"
    ignored = shutil.ignore_patterns(
        "target", "logs", "online_retail", "cdnow", "adventureworks"
    )
    shutil.copytree(DBT_PROJECT, project, ignore=ignored)
    found = Shop(Settings(root / "home", ("template",)), project)
    landing = found.settings.landing / "template"
    landing.mkdir(parents=True)
    for name, text in FILES.items():
        (landing / name).write_text(text)
    deliver(found.settings, "template", "test", now=datetime(2026, 3, 1))
    return found


def test_mixed_currencies_stop_the_build_and_the_rows_are_named(shop: Shop):
    built = shop.build(rates="currency,valid_from,rate\n", currency="")
    assert built.returncode != 0
    said = " ".join(built.stdout.split())
    assert "orders.currency is USD in 2 rows, such as 2, 3" in said
    assert "order_lines.currency is USD in 2 rows" in said
    assert "products.currency is USD in 1 rows, such as p2" in said
    assert "marketing_spend.currency is USD in 1 rows" in said
    assert "set the var reporting_currency" in said
    assert "seeds/currency_rates.csv" in said


@pytest.mark.slow
def test_a_currency_without_a_rate_on_its_first_day_is_named(shop: Shop):
    late = "currency,valid_from,rate\nUSD,2026-01-21,0.9\n"
    built = shop.build(rates=late, currency="EUR")
    assert built.returncode != 0
    said = " ".join(built.stdout.split())
    assert "orders.currency is USD in 2 rows" in said
    assert "write the rates to EUR into seeds/currency_rates.csv" in said


def test_amounts_are_converted_by_the_rate_of_their_day(shop: Shop):
    built = shop.build(rates=RATES, currency="EUR")
    assert built.returncode == 0, built.stdout[-3000:]
    assert shop.rows(
        "select order_id, currency, order_currency, gross_amount, "
        "discount_amount, net_amount, costed_net_amount, cost_amount "
        "from marts.orders order by order_id"
    ) == [
        ("1", "EUR", "EUR", *map(Decimal, ("20", "0", "20", "20", "8"))),
        ("2", "EUR", "USD", *map(Decimal, ("18", "0.9", "17.1", "17.1", "4"))),
        ("3", "EUR", "USD", *map(Decimal, ("24", "0", "24", "24", "8"))),
    ]
    assert shop.rows(
        "select persona_basis, sum(gross_amount), sum(marketing_spend) "
        "from intermediate.int_persona_months group by all order by all"
    ) == [
        ("month", Decimal("62"), Decimal("7.2")),
        ("today", Decimal("62"), Decimal("7.2")),
    ]
