"""Real companies' files give their published figures, to the row and penny.

The figures and the queries that give them stand in docs/connectors.md; the
queries are taken from there, so that the page cannot promise what is not so.
"""

import importlib.util
import re
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.settings import PROJECT_ROOT

CONNECTORS = ("online_retail", "cdnow", "adventureworks")
NO_DATA = (
    "real data not on this machine: set PERSONA_TEST_DATA to a folder with "
    "online_retail/ and adventureworks/"
)


def documented_query(title):
    page = (PROJECT_ROOT / "docs" / "connectors.md").read_text("utf-8")
    pattern = rf"```sql\n-- {re.escape(title)}\n(.*?)```"
    (query,) = re.findall(pattern, page, flags=re.DOTALL)
    return query


def landing(home, source):
    folder = home / "landing" / source
    folder.mkdir(parents=True)
    return folder


# -- the files as a company would deliver them ------------------------------


def cdnow_purchases():
    """Return the lines of the CDNOW master file as CSV."""
    package = importlib.util.find_spec("lifetimes")
    if package is None:
        pytest.skip("the package lifetimes, which holds CDNOW, is missing")
    (folder,) = package.submodule_search_locations
    text = (Path(folder) / "datasets" / "CDNOW_master.txt").read_text()
    lines = []
    for line in text.splitlines()[1:]:
        customer, day, quantity, amount = line.split()
        iso_day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        lines.append(f"{customer},{iso_day},{quantity},{amount}\n")
    return lines


def deliver_cdnow(folder):
    """Write all purchases, and those of the last month a second time."""
    header = "customer_id,purchase_date,quantity,amount\n"
    lines = cdnow_purchases()
    last_month = [line for line in lines if ",1998-06-" in line]
    (folder / "purchases.csv").write_text(header + "".join(lines))
    (folder / "purchases_1998-06.csv").write_text(header + "".join(last_month))


def deliver_adventureworks(data, folder):
    for name in ("customers", "sales_lines_2012_2014", "survey_response"):
        shutil.copy(data / f"{name}.parquet", folder)
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{data}'")
        products = documented_query("adventureworks: products")
        connection.execute(
            f"copy ({products}) to '{folder / 'products.parquet'}'"
        )


# -- warehouses, each built once --------------------------------------------


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory, deliver_and_build, real_data):
    if real_data is None or not (real_data / "online_retail").is_dir():
        pytest.skip(NO_DATA)
    home = tmp_path_factory.mktemp("online_retail")
    shutil.copy(
        real_data / "online_retail" / "online_retail.parquet",
        landing(home, "online_retail") / "lines.parquet",
    )
    return deliver_and_build(home, "online_retail")


@pytest.fixture(scope="module")
def dollar_companies(tmp_path_factory, deliver_and_build, real_data):
    """CDNOW, and beside it AdventureWorks where its files are at hand."""
    home = tmp_path_factory.mktemp("dollar_companies")
    deliver_cdnow(landing(home, "cdnow"))
    if real_data is None or not (real_data / "adventureworks").is_dir():
        return deliver_and_build(home, "cdnow")
    deliver_adventureworks(
        real_data / "adventureworks", landing(home, "adventureworks")
    )
    return deliver_and_build(home, "cdnow", "adventureworks")


@pytest.fixture(scope="module")
def both_companies(dollar_companies):
    if "adventureworks" not in dollar_companies.settings.sources:
        pytest.skip(NO_DATA)
    return dollar_companies


# -- what holds for every connector -----------------------------------------


def assert_accounted(warehouse, expected):
    """Every delivered row is loaded, rejected or a duplicate."""
    found = warehouse.rows(
        "select source, entity, rows_delivered, rows_loaded, rows_rejected, "
        "rows_duplicate from marts.delivery_accounting "
        "where rows_delivered > 0"
    )
    assert {row[:2]: row[2:] for row in found} == expected


def assert_parts_sum_to_company(warehouse):
    company = warehouse.row(
        "select count(*) filter (where is_purchase), sum(net_amount) "
        "from marts.orders where is_counted"
    )
    assert company == warehouse.row(
        "select sum(count_orders), sum(net_amount) from marts.personas"
    )
    for basis in ("month", "today"):
        found = warehouse.row(
            "select sum(count_orders), "
            "sum(gross_amount - discount_amount - return_amount) "
            "from intermediate.int_persona_months "
            f"where persona_basis = '{basis}'"
        )
        assert found == company, basis
    assert warehouse.row(
        "select sum(count_customers) from marts.personas"
    ) == warehouse.row("select count(*) from marts.customers")


def assert_staging_has_types_of_contract(warehouse):
    differing = warehouse.rows(
        """
        select staged.table_name, contract.column_name
        from information_schema.tables as staged
        inner join information_schema.columns as contract
            on contract.table_schema = 'input_layer'
            and split_part(contract.table_name, '__', 2)
            = split_part(staged.table_name, '__', 2)
            and contract.table_name like 'input_layer\\_\\_%' escape '\\'
        left join information_schema.columns as found
            on found.table_schema = 'staging'
            and found.table_name = staged.table_name
            and found.column_name = contract.column_name
        where
            staged.table_schema = 'staging'
            and found.data_type is distinct from contract.data_type
        """
    )
    assert differing == []
    (count_models,) = warehouse.row(
        "select count(*) from information_schema.tables "
        "where table_schema = 'staging'"
    )
    assert count_models == 15 * len(warehouse.settings.sources)


@pytest.mark.parametrize("source", CONNECTORS)
def test_every_connector_has_the_15_entities(source):
    folder = PROJECT_ROOT / "dbt_project" / "models" / "staging"
    template = {
        path.name.replace("template", source)
        for path in (folder / "template").iterdir()
    }
    assert {path.name for path in (folder / source).iterdir()} == template


# -- UCI Online Retail ------------------------------------------------------


def test_online_retail_loses_no_line(online_retail):
    assert_accounted(
        online_retail,
        {
            ("online_retail", "order_lines"): (541_909, 541_909, 0, 0),
            ("online_retail", "orders"): (25_900, 25_900, 0, 0),
            ("online_retail", "products"): (4_070, 4_070, 0, 0),
        },
    )


def test_online_retail_gives_the_published_totals(online_retail):
    found = online_retail.row(documented_query("online_retail: all lines"))
    net, gross = Decimal("9747747.93"), Decimal("10666684.54")
    assert found == (541_909, 25_900, 4_372, 135_080, net, gross)


def test_online_retail_gives_the_published_cleaned_totals(online_retail):
    found = online_retail.row(documented_query("online_retail: cleaned lines"))
    assert found == (397_884, 18_532, 4_338, Decimal("8911407.90"))


def test_online_retail_has_its_purchases_though_no_cost_is_known(online_retail):
    found = online_retail.row(
        "select count(*) filter (where is_purchase), "
        "count(distinct customer_id) filter (where is_purchase), "
        "sum(cost_amount), sum(costed_net_amount) from marts.orders"
    )
    lines = online_retail.row(
        "select count(distinct order_id) from input_layer."
        "input_layer__order_lines where line_type = 'sale' "
        "and quantity * unit_price > 0"
    )
    assert found == (lines[0], 4_338, 0, 0)


def test_online_retail_keeps_exact_duplicates(online_retail):
    query = documented_query("online_retail: exact duplicates")
    assert online_retail.row(query) == (5_268,)


def test_online_retail_tells_returns_from_write_offs(online_retail):
    found = online_retail.rows(
        "select line_type, count(*) from marts.order_lines "
        "group by line_type order by line_type"
    )
    assert found == [
        ("adjustment", 1_336 + 3),
        ("return", 9_288),
        ("sale", 541_909 - 1_336 - 3 - 9_288),
    ]


def test_online_retail_names_products_by_the_commonest_wording(online_retail):
    found = online_retail.rows(
        "select product_id, product_name "
        "from input_layer.input_layer__products where product_id in "
        "('online_retail-20713', 'online_retail-85123A') order by product_id"
    )
    assert found == [
        ("online_retail-20713", "JUMBO BAG OWLS"),
        ("online_retail-85123A", "WHITE HANGING HEART T-LIGHT HOLDER"),
    ]


def test_online_retail_personas_sum_to_the_company(online_retail):
    assert_parts_sum_to_company(online_retail)


def test_online_retail_staging_keeps_the_contract(online_retail):
    assert_staging_has_types_of_contract(online_retail)


# -- CDNOW and AdventureWorks, side by side ---------------------------------


def test_cdnow_gives_the_published_totals(dollar_companies):
    found = dollar_companies.row(documented_query("cdnow: purchases"))
    assert found == (69_659, 69_659 - 80, 23_570, Decimal("2500315.63"))


def test_cdnow_month_delivered_twice_changes_nothing(dollar_companies):
    again = [
        outcome.count_rows
        for outcome in dollar_companies.outcomes
        if outcome.file_name == "purchases_1998-06.csv"
    ]
    found = dollar_companies.rows(
        "select rows_delivered - 69659, rows_loaded, rows_rejected, "
        "rows_duplicate from marts.delivery_accounting "
        "where source = 'cdnow' and rows_delivered > 0"
    )
    assert again[0] > 1_000
    assert found == [(again[0], 69_659, 0, again[0])] * 2


def test_adventureworks_loses_no_row(both_companies):
    counts = {
        "customers": 18_148,
        "customer_identifiers": 18_148,
        "products": 606,
        "orders": 25_429,
        "order_lines": 58_168,
        "survey_questions": 1,
        "survey_responses": 2_727,
    }
    found = both_companies.rows(
        "select entity, rows_delivered, rows_loaded "
        "from marts.delivery_accounting "
        "where source = 'adventureworks' and rows_delivered > 0"
    )
    assert sorted(found) == sorted(
        (entity, count, count) for entity, count in counts.items()
    )


def test_adventureworks_gives_the_known_sales_by_year(both_companies):
    query = documented_query("adventureworks: sales by year")
    assert both_companies.rows(query) == [
        (2012, Decimal("5842485.20")),
        (2013, Decimal("16351550.34")),
        (2014, Decimal("45694.72")),
    ]


def test_adventureworks_buyers_without_a_row_become_customers(both_companies):
    found = both_companies.row(
        "select count(*), count(*) filter (where is_derived_from_orders), "
        "count(*) filter (where gender is null and not "
        "is_derived_from_orders), count(*) filter (where gender not in "
        "('female', 'male')) from marts.customers "
        "where source = 'adventureworks'"
    )
    assert found == (18_148 + 333, 333, 130, 0)


def test_adventureworks_every_line_has_a_product_and_category(both_companies):
    found = both_companies.row(
        "select count(*) from marts.order_lines "
        "where source = 'adventureworks' and category is null"
    )
    assert found == (0,)


def test_two_companies_do_not_mix(both_companies):
    found = both_companies.rows(
        "select source, count(*), count(*) filter (where not "
        "starts_with(customer_id, source || '-')) "
        "from marts.customers group by source order by source"
    )
    assert found == [("adventureworks", 18_481, 0), ("cdnow", 23_570, 0)]


def test_two_companies_personas_sum_to_both(dollar_companies):
    assert_parts_sum_to_company(dollar_companies)


def test_two_companies_staging_keeps_the_contract(dollar_companies):
    assert_staging_has_types_of_contract(dollar_companies)
