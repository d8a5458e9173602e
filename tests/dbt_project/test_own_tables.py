"""A source may map tables that are in the warehouse already.

The connector is made as docs/own-data.md says, from the examples that stand
there, so that the page cannot promise what is not so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.connectors import copy_template
from orchestration.lib.dbt import dbt_environment, dbt_executable
from orchestration.lib.delivery import check_deliveries, deliver
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT, Settings
from orchestration.lib.source_specs import load_source_spec, sources_yml

SHOP_TABLES = """
    create schema shop;
    create table shop."Orders" as
    select
        i as "Order No",
        'c' || i % 2 as "Customer No",
        '2026-01-0' || i as "Ordered At"
    from range(1, 5) as numbers (i);
"""
ORDER_LINES = (
    "order_line_id,order_id,product_id,quantity,unit_price,currency,"
    "line_type\n1,1,p1,2,9.95,EUR,sale\n"
)


def documented(title: str) -> str:
    page = (PROJECT_ROOT / "docs" / "own-data.md").read_text("utf-8")
    pattern = rf"```\w+\n(?:#|--) {re.escape(title)}\n(.*?)```"
    (block,) = re.findall(pattern, page, flags=re.DOTALL)
    return block


def copied_project(root: Path) -> tuple[Path, Path]:
    """Copy the dbt project, and the template as `my_shop` within it."""
    project = root / "dbt_project"
    ignored = shutil.ignore_patterns("target", "logs", "online_retail", "cdnow")
    shutil.copytree(DBT_PROJECT, project, ignore=ignored)
    made = copy_template("my_shop", dbt_project=project)
    assert made.parent == project / "models" / "staging"
    return project, made


def without_table(yml: str, name: str) -> str:
    """Take one table out of a sources yml."""
    pattern = rf"      - name: my_shop__{name}\n(?:        .*\n)*"
    shorter, count = re.subn(pattern, "", yml)
    assert count == 1
    return shorter


@dataclass(frozen=True)
class OwnShop:
    """A warehouse with tables of its own and a connector that maps them."""

    settings: Settings
    project: Path

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(dbt_executable(), "--quiet", *arguments),
                *("--project-dir", str(self.project)),
                *("--profiles-dir", str(PROJECT_ROOT)),
                *("--vars", json.dumps(self.settings.dbt_vars())),
            ],
            env={**os.environ, **dbt_environment(self.settings)},
            capture_output=True,
            text=True,
            check=False,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path)) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def own_shop(tmp_path_factory: pytest.TempPathFactory) -> OwnShop:
    root = tmp_path_factory.mktemp("own_shop")
    project, made = copied_project(root)
    path = sources_yml("my_shop", project)
    yml = without_table(path.read_text("utf-8"), "orders")
    yml = without_table(yml, "products")
    yml += documented("files: the columns of products")
    yml += documented("tables: a second source in the same yml")
    path.write_text(yml, "utf-8")
    orders = made / "stg_my_shop__orders.sql"
    orders.write_text(documented("tables: stg_my_shop__orders.sql"), "utf-8")
    products = made / "stg_my_shop__products.sql"
    products.write_text(
        """
        select
            cast(product_id as varchar) as product_id,
            cast("Product Name" as varchar) as product_name,
            cast(null as varchar) as category,
            cast(null as varchar) as subcategory,
            cast(null as varchar) as brand,
            cast(null as varchar) as currency,
            cast(null as decimal(18,4)) as unit_cost,
            cast(null as decimal(18,4)) as list_price,
            {{ lineage('my_shop') }},
            cast(null as varchar) as cast_failures
        from {{ source('raw_my_shop', 'my_shop__products') }}
        """,
        "utf-8",
    )
    shop = OwnShop(Settings(root / "home", ("my_shop",)), project)
    landing = shop.settings.landing / "my_shop"
    landing.mkdir(parents=True)
    (landing / "order_lines.csv").write_text(ORDER_LINES)
    return shop


def test_own_tables_are_mapped_and_nobody_asks_for_their_files(
    own_shop: OwnShop,
):
    settings = own_shop.settings
    spec = load_source_spec("my_shop", own_shop.project)
    outcomes = deliver(
        settings, "my_shop", "test", now=datetime(2026, 2, 1), spec=spec
    )
    assert [one.outcome for one in outcomes] == ["loaded"]
    check_deliveries(settings, outcomes, specs=[spec])
    # Headers with spaces are made by dbt alone, too.
    own_shop.query("drop table raw.my_shop__products")
    own_shop.query(SHOP_TABLES)

    built = own_shop.dbt(
        *("build", "--select", "staging", "+orders"),
        *("--indirect-selection", "buildable"),
        *("--exclude-resource-type", "unit_test"),
    )

    assert built.returncode == 0, built.stdout[-5000:] + built.stderr[-2000:]
    assert own_shop.query(
        "select order_id, customer_id, delivery_id, delivery_row, delivered_at "
        "from input_layer.input_layer__orders order by order_id"
    ) == [(str(i), f"c{i % 2}", 0, None, None) for i in range(1, 5)]
    assert own_shop.query("select count(*) from marts.orders") == [(4,)]
    assert own_shop.query("select sum(net_amount) > 19 from marts.orders") == [
        (True,)
    ]
    assert (
        own_shop.query('select "Product Name" from raw.my_shop__products') == []
    )
    assert own_shop.query(
        "select count(*) from duckdb_tables() where table_name in "
        "('my_shop__orders', 'my_shop__reviews')"
    ) == [(1,)]


def test_missing_own_table_is_named_and_not_made(own_shop: OwnShop):
    own_shop.query("create schema if not exists shop")
    own_shop.query('drop table if exists shop."Orders"')
    built = own_shop.dbt("build", "--select", "stg_my_shop__orders")
    assert built.returncode != 0
    assert "Table with name Orders does not exist" in built.stdout
    assert own_shop.query(
        "select count(*) from duckdb_tables() where schema_name = 'shop'"
    ) == [(0,)]


def with_columns(yml: str, table: str, columns: str) -> str:
    """Give a table of a sources yml other columns."""
    pattern = rf"(      - name: my_shop__{table}\n(?:        .*\n)*?)"
    pattern += r"        columns:\n(?:          .*\n)*"
    changed, count = re.subn(pattern, rf"\g<1>{columns}", yml)
    assert count == 1
    return changed


def test_a_shop_with_its_own_words_is_mapped_as_documented(tmp_path: Path):
    project, made = copied_project(tmp_path)
    path = sources_yml("my_shop", project)
    yml = path.read_text("utf-8")
    for table in ("orders", "order_lines", "customers"):
        columns = documented(f"worked: the columns of {table}")
        yml = with_columns(yml, table, columns)
    for entity in (
        *("orders", "order_lines", "customers", "customer_identifiers"),
    ):
        name = f"stg_my_shop__{entity}.sql"
        (made / name).write_text(documented(f"worked: {name}"), "utf-8")
    path.write_text(yml, "utf-8")
    shop = OwnShop(Settings(tmp_path / "home", ("my_shop",)), project)
    landing = shop.settings.landing / "my_shop"
    landing.mkdir(parents=True)
    (landing / "orders.csv").write_text(
        "Order No,Customer No,Ordered,Discount\n"
        '5001,C-17,30.06.2026 12:15,"2,50"\n'
        "5002,C-18,2026-06-30,some\n"
        "5003,C-19,01.06.2026 08:00,\n"
    )
    (landing / "order_lines.csv").write_text(
        "Order No,Line,Article,Units,Price\n"
        '5001,1,A,2,"9,95"\n5001,2,B,-1,5\n5003,1,A,few,"9,95"\n'
    )
    (landing / "customers.csv").write_text(
        "Customer No,Sex,Born,Country,E-mail,Newsletter,Since\n"
        "C-17,w,04.11.1979,DE,W.Meyer@example.org,ja,02.03.2021\n"
        "C-18,divers,,FR,,,\n"
        "C-19,m,1980,DE,,vielleicht,\n"
    )
    deliver(
        shop.settings,
        "my_shop",
        "test",
        now=datetime(2026, 7, 1),
        spec=load_source_spec("my_shop", project),
    )

    built = shop.dbt(
        *("build", "--select", "+input_layer__orders"),
        *("+input_layer__order_lines", "+input_layer__customers"),
        *("+input_layer__customer_identifiers",),
        *("--exclude-resource-type", "unit_test"),
    )

    assert built.returncode == 0, built.stdout[-5000:] + built.stderr[-2000:]
    assert shop.query(
        "select order_id, customer_id, ordered_at, discount_amount "
        "from input_layer.input_layer__orders order by order_id"
    ) == [
        ("5001", "C-17", datetime(2026, 6, 30, 12, 15), Decimal("2.5")),
        ("5003", "C-19", datetime(2026, 6, 1, 8), None),
    ]
    assert shop.query(
        "select fault from input_layer.input_checks__orders "
        "where order_id = '5002'"
    ) == [
        (
            "unparsable: replace(\"Discount\", ',', '.')=some; "
            "Ordered=2026-06-30",
        )
    ]
    assert shop.query(
        "select order_line_id, line_type, quantity, unit_price "
        "from input_layer.input_layer__order_lines order by order_line_id"
    ) == [
        ("5001-1", "sale", 2, Decimal("9.95")),
        ("5001-2", "return", -1, Decimal(5)),
    ]
    assert shop.query(
        "select customer_id, gender, birth_date, country, has_email_consent, "
        "registered_at from input_layer.input_layer__customers order by all"
    ) == [
        (
            *("C-17", "female", date(1979, 11, 4), "DE", True),
            datetime(2021, 3, 2),
        ),
        ("C-18", "divers", None, "FR", None, None),
    ]
    assert shop.query(
        "select fault from input_layer.input_checks__customers "
        "where customer_id = 'C-19'"
    ) == [("unparsable: Born=1980; Newsletter=vielleicht",)]
    assert shop.query(
        "select customer_id, identifier_type, identifier_value "
        "from input_layer.input_layer__customer_identifiers"
    ) == [("C-17", "email", "w.meyer@example.org")]


def test_products_are_derived_from_order_lines(tmp_path: Path):
    project, made = copied_project(tmp_path)
    path = sources_yml("my_shop", project)
    yml = without_table(path.read_text("utf-8"), "products")
    columns = documented("lines: more columns of order_lines")
    first, lines = yml.split("          - name: order_line_id\n")
    yml = f"{first}{columns}          - name: order_line_id\n{lines}"
    path.write_text(yml, "utf-8")
    products = made / "stg_my_shop__products.sql"
    products.write_text(documented("lines: stg_my_shop__products.sql"), "utf-8")
    shop = OwnShop(Settings(tmp_path / "home", ("my_shop",)), project)
    landing = shop.settings.landing / "my_shop"
    landing.mkdir(parents=True)
    (landing / "order_lines.csv").write_text(
        "order_line_id,order_id,product_id,quantity,unit_price,product_name,"
        "category,unit_cost\n"
        "1,1,p1,1,9.95,Old name,Toys,4\n"
        "2,1,,1,3,No product,,\n"
        "3,2,p2,1,5,Two,Books,cheap\n"
        "4,2,p1,1,9.95,New name,Toys,5\n"
    )
    spec = load_source_spec("my_shop", project)
    deliver(
        shop.settings, "my_shop", "test", now=datetime(2026, 2, 1), spec=spec
    )

    built = shop.dbt(
        *(
            "build",
            "--select",
            "stg_my_shop__products",
            "stg_my_shop__order_lines",
        ),
        *("+input_layer__products", "--exclude-resource-type", "unit_test"),
    )

    assert built.returncode == 0, built.stdout[-5000:] + built.stderr[-2000:]
    assert shop.query(
        "select product_id, product_name, category, unit_cost, delivery_row "
        "from input_layer.input_layer__products"
    ) == [("p1", "New name", "Toys", Decimal(5), 4)]
    assert shop.query(
        "select fault from input_layer.input_checks__products "
        "where product_id = 'p2'"
    ) == [("unparsable: unit_cost=cheap",)]
    assert shop.query(
        "select count(*) from staging.stg_my_shop__order_lines"
    ) == [(4,)]
