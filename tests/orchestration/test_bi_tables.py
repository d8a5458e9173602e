"""The tables that BI users begin with: dimensions, wide tables, dictionary."""

from __future__ import annotations

import re

import pytest
from homes import Home

DIMENSIONS = (
    "dim_campaign",
    "dim_customer",
    "dim_date",
    "dim_persona",
    "dim_product",
)
FLOOR = 11
# What a dimension may leave open: a campaign without an end has none.
OPEN = {("dim_campaign", "starts_on"), ("dim_campaign", "ends_on")}


@pytest.fixture(scope="module")
def home(built: Home) -> Home:
    return built


def columns_of(home: Home, table: str) -> list[str]:
    return [
        name
        for (name,) in home.published(
            "select column_name from duckdb_columns() "
            f"where schema_name = 'bi' and table_name = '{table}' "
            "order by column_index"
        )
    ]


def tables_with(home: Home, column: str) -> list[str]:
    return [
        name
        for (name,) in home.published(
            "select table_name from duckdb_columns() where schema_name = 'bi' "
            f"and column_name = '{column}' order by all"
        )
    ]


@pytest.mark.parametrize("table", DIMENSIONS)
def test_dimensions_have_rows_and_no_nulls(home: Home, table: str):
    ((count,),) = home.published(f"select count(*) from bi.{table}")
    assert count > 0
    for column in columns_of(home, table):
        if (table, column) not in OPEN:
            ((nulls,),) = home.published(
                f"select count(*) from bi.{table} where {column} is null"
            )
            assert nulls == 0, (table, column)


def test_days_are_whole_years_without_a_gap(home: Home):
    ((first, last, count, years, as_of),) = home.published(
        "select min(date_day), max(date_day), count(*), "
        "count(distinct year_number), max(as_of_date) from bi.dim_date"
    )
    assert (first.month, first.day) == (1, 1)
    assert (last.month, last.day) == (12, 31)
    assert (last - first).days + 1 == count
    assert years == last.year - first.year + 1
    assert last.year == as_of.year
    ((earliest,),) = home.published(
        "select min(month) from bi.persona_kpis_monthly"
    )
    assert first <= earliest
    apart = home.published(
        "select date_day from bi.dim_date where "
        "weekday_number <> isodow(date_day) or month <> "
        "date_trunc('month', date_day) or month_name <> monthname(date_day) "
        "or weekday_name <> dayname(date_day) "
        "or quarter_label <> year(date_day) || ' Q' || quarter(date_day) "
        "or month_label <> strftime(date_day, '%Y-%m') "
        "or is_weekend <> (isodow(date_day) > 5) "
        "or is_future <> (date_day > as_of_date) "
        "or months_ago <> date_diff('month', date_day, as_of_date)"
    )
    assert not apart


@pytest.mark.parametrize(
    ("column", "dimension", "key"),
    [
        ("persona_id", "dim_persona", "persona_id"),
        ("runner_up_persona_id", "dim_persona", "persona_id"),
        ("customer_key", "dim_customer", "customer_key"),
        ("campaign_id", "dim_campaign", "campaign_id"),
        ("month", "dim_date", "date_day"),
    ],
)
def test_every_key_is_found_in_its_dimension(
    home: Home, column: str, dimension: str, key: str
):
    tables = tables_with(home, column)
    assert tables
    for table in tables:
        lost = home.published(
            f"select distinct {column} from bi.{table} "
            f"where {column} not in (select {key} from bi.{dimension}) "
            # Rows that stand for everybody, not for one.
            f"and cast({column} as varchar) not in "
            "('all', 'company', 'none', 'other')"
        )
        assert not lost, (table, lost)


def test_a_persona_has_its_label_in_three_languages(home: Home):
    rows = home.published(
        "select persona_id, persona_label, persona_title, persona_title_fa, "
        "persona_title_vi from bi.dim_persona "
        "where is_current and persona_id <> 'unassigned'"
    )
    assert len(rows) >= 2
    for persona, label, *titles in rows:
        assert re.fullmatch(rf"{persona} \w.+", label)
        assert len(set(titles)) == 3


def test_no_cell_of_customers_is_below_the_floor(home: Home):
    cells = home.published(
        "select persona_id, country, acquisition_channel, count(*) "
        "from bi.dim_customer group by all"
    )
    sizes = dict(
        home.published(
            "select persona_id, count(*) from bi.dim_customer group by all"
        )
    )
    assert {country for _, country, _, _ in cells} > {"Other"}
    for persona, country, channel, count in cells:
        assert count >= min(FLOOR, sizes[persona]), (persona, country, channel)
        assert (country == "Other") == (channel == "Other")


def test_customers_in_one_row_are_those_of_the_other_tables(home: Home):
    assert home.published(
        "select count(*), count(distinct customer_key), sum(clv_12m), "
        "round(sum(p_alive), 6) from bi.customer_personas_wide"
    ) == home.published(
        "select count(*), count(distinct customer_key), "
        "(select sum(clv_12m) from bi.customer_value), "
        "(select round(sum(p_alive), 6) from bi.customer_value) "
        "from bi.customer_personas"
    )
    apart = home.published(
        "select * from bi.customer_personas_wide as wide "
        "inner join bi.customer_personas as narrow using (customer_key) "
        "inner join bi.dim_persona as label "
        "on narrow.persona_id = label.persona_id "
        "where wide.persona_id <> narrow.persona_id "
        "or wide.persona_label <> label.persona_label "
        "or wide.confidence is distinct from narrow.confidence"
    )
    assert not apart


def test_overview_says_what_the_other_tables_say(home: Home):
    ((count, customers, amount),) = home.published(
        "select count(*), sum(count_customers), sum(net_amount) "
        "from bi.personas_overview"
    )
    assert [(count, customers, amount)] == home.published(
        "select count(*), sum(count_customers), sum(net_amount) "
        "from bi.personas where parent_persona_id is null"
    )
    rates = [
        column
        for column in columns_of(home, "personas_overview")
        if home.published(
            f"select 1 from bi.persona_scorecard where metric = '{column}'"
        )
    ]
    assert len(rates) >= 12
    told = 0
    for rate in rates:
        apart = home.published(
            f"select persona_id, {rate}, persona_value "
            "from bi.personas_overview inner join bi.persona_scorecard "
            f"using (persona_id) where metric = '{rate}' and "
            f"(({rate} is null) <> (persona_value is null) "
            f"or abs({rate} - persona_value) > 0.00005 + 1e-9)"
        )
        assert not apart
        ((some,),) = home.published(
            f"select count({rate}) from bi.personas_overview"
        )
        told += some
    assert told > len(rates)
    # What is asked first: which persona has the best retention?
    ((best,),) = home.published(
        "select persona_label from bi.personas_overview "
        "order by retained_share desc nulls last limit 1"
    )
    assert best


def test_scorecard_with_labels_is_the_scorecard(home: Home):
    figures = ", ".join(columns_of(home, "persona_kpis_monthly"))
    assert home.published(
        f"select {figures} from bi.persona_kpis order by all"
    ) == home.published(
        f"select {figures} from bi.persona_kpis_monthly order by all"
    )
    labels = (
        "persona_id, persona_label, persona_title, persona_title_fa, "
        "persona_title_vi, month, month_label, quarter_label, year_number"
    )
    assert home.published(
        f"select {labels} from bi.persona_kpis order by all"
    ) == home.published(
        f"select {labels.replace('month,', 'm.month,')} "
        "from bi.persona_kpis_monthly as m "
        "inner join bi.dim_persona using (persona_id) "
        "inner join bi.dim_date as d on d.date_day = m.month order by all"
    )


def test_segments_are_the_cells_of_customers(home: Home):
    assert home.published(
        "select persona_id, country, acquisition_channel, count_customers "
        "from bi.persona_segments where count_customers > 0 order by all"
    ) == home.published(
        "select persona_id, country, acquisition_channel, count(*) "
        "from bi.dim_customer group by all order by all"
    )
    ((share,),) = home.published(
        "select sum(customer_share) from bi.persona_segments"
    )
    assert share == pytest.approx(1)


def test_segments_of_few_buyers_cannot_be_had_from_the_persona(home: Home):
    """What is hidden of a persona, whose sums are known, counts enough."""
    exact = home.rows(
        "select persona_id, country, acquisition_channel, "
        "count(distinct customer_id), "
        "count(*) filter (where customer_id is null) as count_guest_orders, "
        "count(*) filter (where is_purchase), sum(net_amount) "
        "from (select customer_id, is_purchase, net_amount, "
        "coalesce(persona_id, 'unassigned') as persona_id, "
        "coalesce(cells.country, 'Unknown') as country, "
        "coalesce(acquisition_channel, 'Unknown') as acquisition_channel "
        "from marts.orders left join marts.dim_customer as cells "
        "using (customer_id) where is_counted) group by all"
    )
    shown = {
        tuple(row[:3]): row[3:]
        for row in home.published(
            "select persona_id, country, acquisition_channel, is_hidden, "
            "count_orders, net_amount, clv_12m from bi.persona_segments"
        )
    }
    hidden: dict[str, list[int]] = {}
    for *cell, buyers, guest_orders, orders, amount in exact:
        is_hidden, *told, value = shown[tuple(cell)]
        if is_hidden:
            assert told == [None, None]
            assert value is None
            hidden.setdefault(cell[0], []).append(buyers)
        else:
            assert told == [orders, amount]
            assert buyers >= FLOOR or (buyers == 0 and guest_orders >= FLOOR)
    assert hidden
    for buyers_hidden in hidden.values():
        assert sum(buyers_hidden) >= FLOOR
        assert len(buyers_hidden) > 1


def test_segments_not_hidden_sum_to_the_persona(home: Home):
    whole = home.published(
        "select persona_id, sum(count_orders), sum(net_amount), "
        "round(sum(clv_12m)) from bi.persona_segments "
        "group by persona_id having not bool_or(is_hidden) order by all"
    )
    assert whole
    told = home.published(
        "select persona_id, count_orders, personas.net_amount, "
        "round(persona_value.clv_12m) from bi.personas "
        "left join bi.persona_value using (persona_id) order by all"
    )
    assert set(whole) <= set(told)


def test_every_table_and_column_is_in_the_dictionary(home: Home):
    listed = home.published(
        "select table_name, column_name, data_type from bi.data_dictionary "
        "order by all"
    )
    assert listed == home.published(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where schema_name = 'bi' order by all"
    )
    nameless = home.published(
        "select table_name, column_name from bi.data_dictionary "
        "where description = '' or table_description = ''"
    )
    assert not nameless
    nested = [
        row for row in listed if re.search(r"STRUCT|\[|MAP|HUGEINT", row[2])
    ]
    assert not nested
    keys = home.published(
        "select table_name from bi.data_dictionary group by table_name "
        "having not bool_or(is_key)"
    )
    assert keys == [("publication",)]
    money = home.published(
        "select distinct data_type from bi.data_dictionary "
        "where column_name like '%amount' or column_name like 'clv_12m'"
    )
    assert money == [("DECIMAL(18,4)",)]


def test_flows_are_those_of_the_history_and_sum_to_the_sizes(home: Home):
    told = home.published(
        "select from_month_end, month_end, from_persona_id, to_persona_id, "
        "count_customers from bi.persona_flows "
        "where not is_hidden "
        "and 'other' not in (from_persona_id, to_persona_id)"
    )
    assert told
    for begin, end, persona, towards, count in told:
        ((exact,),) = home.rows(
            "select count(*) from marts.customer_persona_months as a "
            "inner join marts.customer_persona_months as b using (customer_id) "
            f"where a.is_in_force and a.month_end = '{begin}' "
            f"and a.persona_id = '{persona}' and b.is_in_force "
            f"and b.month_end = '{end}' and b.persona_id = '{towards}'"
        )
        assert count == exact, (persona, towards)
    sums = home.published(
        "select sum(f.count_customers), any_value(s.count_customers), "
        "sum(f.customer_share) from bi.persona_flows as f "
        "inner join bi.persona_sizes_monthly as s "
        "on s.persona_id = f.from_persona_id "
        "and s.month_end = f.from_month_end "
        "group by f.from_persona_id, f.from_month_end "
        "having not bool_or(f.is_hidden)"
    )
    assert sums
    for count, size, share in sums:
        assert count == size
        assert share == pytest.approx(1)
