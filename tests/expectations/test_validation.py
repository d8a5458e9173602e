"""The gate on good, bad, missing, broken and secret data."""

from __future__ import annotations

import hashlib
import logging
import socket
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_company import AT, Company, build_company, contract_columns

from expectations import (
    ENTITIES,
    RESULT_COLUMNS,
    Expectation,
    ExpectationResult,
    RelationCheck,
    Suite,
    blocking_failures,
    duckdb_dialect,
    entity_check,
    entity_checks,
    entity_suites,
    raw_check,
    result_rows,
    results_frame,
    validate,
    validation,
)
from expectations.vocabulary import count_at_most
from orchestration.lib.warehouse import META_TABLES

SECRET = "secret@example.com"

FAULTS = {
    "values_fit_their_types": f"cast_failures = 'age={SECRET}'",
    "number_questions_have_a_scale": "scale_max = null",
    "answers_are_within_the_scale": "answer_number = 99",
    "rating_is_in_range": "rating = 9",
    "order_id_is_found_in_orders": "order_id = 'nobody ordered'",
    "question_id_is_found_in_survey_questions": "question_id = 'not asked'",
}

BLOCKING = [
    (entity, expectation)
    for entity, suite in entity_suites().items()
    for expectation in suite.expectations
    if expectation.severity == "blocking"
]


def fault(expectation: Expectation) -> str:
    """Say in SQL how to spoil all rows so that the expectation fails."""
    if expectation.name in FAULTS:
        return FAULTS[expectation.name]
    if expectation.name.endswith("_is_unique_in_delivery"):
        key = expectation.columns[1:]
        return ", ".join(
            f"{name} = (select max({name}) from {{table}})" for name in key
        )
    if expectation.name.endswith("one_of_the_known_values"):
        return f"{expectation.column} = 'a word of their own'"
    assert expectation.name.endswith("_is_known")
    return f"{expectation.column} = null"


def failures(results: list[ExpectationResult]) -> set[str]:
    return {
        f"{result.relation.split('__')[1]}.{result.expectation}"
        for result in results
        if not result.is_success
    }


def one(results: list[ExpectationResult], name: str) -> ExpectationResult:
    [found] = [result for result in results if result.expectation == name]
    return found


@pytest.fixture(scope="module")
def spoiled(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], ExpectationResult]:
    """One spoiled relation per blocking expectation, checked in one go."""
    path = tmp_path_factory.mktemp("spoiled") / "warehouse.duckdb"
    build_company(path)
    checks = {}
    with duckdb.connect(str(path)) as connection:
        for number, (entity, expectation) in enumerate(BLOCKING):
            table = f"raw.fault{number}__{entity}"
            connection.execute(
                f"create table {table} as from raw.shop__{entity}"
            )
            connection.execute(
                f"update {table} set "
                + fault(expectation).replace("{table}", table)
            )
            connection.execute(
                f"create view staging.stg_fault{number}__{entity} as "
                f"from {table}"
            )
            checks[entity, expectation.name] = RelationCheck(
                f"staging.stg_fault{number}__{entity}",
                Suite(entity, "One expectation.", (expectation,)),
            )
    results = validate(
        path, list(checks.values()), run_id="run-1", checked_at=AT
    )
    found = {(one.relation, one.expectation): one for one in results}
    return {
        (entity, name): found[check.relation, name]
        for (entity, name), check in checks.items()
    }


@pytest.mark.parametrize(
    ("entity", "name"),
    [(entity, expectation.name) for entity, expectation in BLOCKING],
)
def test_each_blocking_expectation_fails_on_bad_data(
    entity: str,
    name: str,
    spoiled: dict[tuple[str, str], ExpectationResult],
) -> None:
    result = spoiled[entity, name]
    assert not result.is_success
    assert result.error is None
    assert result.severity == "blocking"
    assert (result.count_unexpected or 0) > 0.05 * (result.count_checked or 0)


def test_good_data_passes_and_every_expectation_is_judged(
    company: Company,
) -> None:
    results = company.validate()
    assert failures(results) == set()
    assert {result.relation for result in results} == {
        f"staging.stg_shop__{entity}" for entity in ENTITIES
    }
    assert len(results) == len(ENTITIES) + sum(
        len(suite.expectations) for suite in entity_suites().values()
    )
    assert not any("not appl" in (one.observed or "") for one in results)
    guests = next(
        result
        for result in results
        if result.suite == "orders"
        and result.expectation == "customer_id_is_known"
    )
    assert (guests.count_checked, guests.count_unexpected) == (200, 100)
    assert guests.column_name == "customer_id"


def test_an_empty_company_is_legal(company: Company) -> None:
    company.execute(*(f"delete from raw.shop__{entity}" for entity in ENTITIES))
    results = company.validate()
    assert blocking_failures(results) == []
    assert failures(results) == {"orders.there_are_orders"}


def test_a_few_bad_rows_are_left_to_the_input_layer(company: Company) -> None:
    company.execute(
        "update raw.shop__orders set order_id = null, ordered_at = null, "
        "cast_failures = 'ordered_at=?' where delivery_row < 8"
    )
    assert failures(company.validate([entity_check("shop", "orders")])) == set()


def test_the_same_key_in_two_deliveries_is_an_update(company: Company) -> None:
    company.execute(
        "insert into raw.shop__orders "
        "select * replace (2 as delivery_id) from raw.shop__orders"
    )
    assert failures(company.validate([entity_check("shop", "orders")])) == set()


def test_a_small_bad_delivery_is_seen_when_only_it_is_judged(
    company: Company,
) -> None:
    company.execute(
        "insert into raw.shop__orders select * replace (2 as delivery_id, "
        "null as currency) from raw.shop__orders limit 5"
    )
    whole = company.validate([entity_check("shop", "orders")])
    newest = company.validate(
        [entity_check("shop", "orders", since_delivery=2)]
    )
    assert failures(whole) == set()
    assert failures(newest) == {"orders.currency_is_known"}
    assert one(newest, "currency_is_known").count_checked == 5


def test_large_relations_are_sampled_by_key_with_the_same_verdict(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "SAMPLE_ABOVE", 100)
    monkeypatch.setattr(validation, "SAMPLED_ROWS", 50)
    checks = [entity_check("shop", "order_lines")]
    good = company.validate(checks)
    assert failures(good) == set()
    result = one(good, "order_id_is_found_in_orders")
    assert 20 < (result.count_checked or 0) < 90
    assert "one in 4" in (result.observed or "")
    company.execute(
        "update raw.shop__order_lines set order_id = 'none' || delivery_row, "
        "order_line_id = (delivery_row // 5) || ''"
    )
    assert failures(company.validate(checks)) == {
        "order_lines.order_line_id_is_unique_in_delivery",
        "order_lines.order_id_is_found_in_orders",
    }


def test_customers_of_another_source_are_found(company: Company) -> None:
    company.execute(
        "alter table raw.shop__customers rename to crm__customers",
        "drop view staging.stg_shop__customers",
        "create view staging.stg_crm__customers as from raw.crm__customers",
    )
    result = one(
        company.validate([entity_check("shop", "orders")]),
        "customer_id_is_found_in_customers",
    )
    assert (result.count_checked, result.count_unexpected) == (100, 0)


def test_a_check_without_its_sibling_does_not_apply(company: Company) -> None:
    company.execute("drop view staging.stg_shop__customers")
    result = one(
        company.validate([entity_check("shop", "orders")]),
        "customer_id_is_found_in_customers",
    )
    assert result.is_success
    assert result.observed == "not applicable: no source has customers"


def test_lines_without_any_orders_are_blocked(company: Company) -> None:
    company.execute("delete from raw.shop__orders")
    results = company.validate([entity_check("shop", "order_lines")])
    assert failures(results) == {"order_lines.order_id_is_found_in_orders"}


def test_absent_relations_pass_only_when_optional(company: Company) -> None:
    results = company.validate(
        [
            entity_check("web", "orders"),
            entity_check("web", "reviews", is_optional=True),
        ]
    )
    required, optional = results
    assert (required.is_success, required.severity) == (False, "blocking")
    assert (optional.is_success, optional.severity) == (True, "warning")
    assert {result.observed for result in results} == {"relation absent"}


def test_an_erroring_expectation_fails_and_spoils_no_other(
    company: Company,
) -> None:
    broken = Suite(
        "orders",
        "Orders, and one expectation nobody can evaluate.",
        (
            *entity_suites()["orders"].expectations,
            count_at_most(
                "is_nonsense",
                unexpected="no_such_function(count(*))",
                checked="count(*)",
                reason="It shows what becomes of errors: nothing to do.",
            ),
        ),
    )
    results = company.validate(
        [RelationCheck("staging.stg_shop__orders", broken)]
    )
    assert failures(results) == {"orders.is_nonsense"}
    error = one(results, "is_nonsense").error or ""
    assert error.startswith("Catalog Error")
    assert "no_such_function" in error


def test_a_missing_column_fails_and_is_named(company: Company) -> None:
    company.execute(
        "create or replace view staging.stg_shop__reviews as "
        "select * exclude (rating) from raw.shop__reviews"
    )
    results = company.validate([entity_check("shop", "reviews")])
    assert failures(results) == {"reviews.rating_is_in_range"}
    assert "rating is missing" in (
        one(results, "rating_is_in_range").error or ""
    )


def test_a_view_that_broke_fails_every_expectation(company: Company) -> None:
    company.execute("drop table raw.shop__reviews")
    results = company.validate([entity_check("shop", "reviews")])
    judged = [one for one in results if one.expectation != "relation_exists"]
    assert not any(result.is_success for result in judged)
    assert all("Catalog Error" in (result.error or "") for result in judged)


def test_no_value_of_a_row_is_in_results_logs_or_output(
    company: Company,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = {
        entity: [
            name
            for name, kind in columns.items()
            if kind == "varchar" and name != "source"
        ]
        for entity, columns in contract_columns().items()
    }
    company.execute(
        *(
            f"update raw.shop__{entity} set cast_failures = '{SECRET}', "
            + ", ".join(f"{name} = '{SECRET}'" for name in names)
            for entity, names in texts.items()
        ),
        # A cast whose error quotes the value.
        "create or replace view staging.stg_shop__order_lines as "
        "select * replace (cast(order_id as integer) as quantity) "
        "from raw.shop__order_lines",
    )
    fetched: list[int] = []
    post_exec = duckdb_dialect.BufferedExecutionContext.post_exec

    def counting(self: Any) -> None:
        post_exec(self)
        fetched.append(len(self.cursor_fetch_strategy._rowbuffer))

    monkeypatch.setattr(
        duckdb_dialect.BufferedExecutionContext, "post_exec", counting
    )
    with caplog.at_level(logging.DEBUG):
        results = company.validate()
    printed = capfd.readouterr()
    range_error = next(
        one.error
        for one in results
        if one.expectation == "quantity_is_in_range"
    )
    assert range_error is not None
    assert "withheld" in range_error
    assert len(failures(results)) > 30
    assert len(fetched) > 15
    assert max(fetched) <= 1
    for text in (repr(results), caplog.text, printed.out, printed.err):
        assert SECRET not in text
        assert "secret" not in text


def test_nothing_is_sent_and_the_file_is_only_read(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[object] = []

    def refuse(*args: object, **options: object) -> None:
        attempts.append(args)
        raise OSError("no network and no files in tests")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    before = hashlib.sha256(company.path.read_bytes()).hexdigest()
    company.validate()
    after = hashlib.sha256(company.path.read_bytes()).hexdigest()
    assert attempts == []
    assert after == before
    assert [path.name for path in company.path.parent.iterdir()] == [
        company.path.name
    ]


def test_the_file_is_writable_right_afterwards(company: Company) -> None:
    company.validate([entity_check("shop", "orders")])
    writing = (
        "import duckdb, sys; "
        "duckdb.connect(sys.argv[1]).execute('create table t as select 1')"
    )
    subprocess.run(
        [sys.executable, "-c", writing, str(company.path)], check=True
    )
    company.execute("drop table t")


def test_the_file_is_writable_after_a_failure(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(validation, "_judge", fail)
    with pytest.raises(RuntimeError, match="broken"):
        company.validate()
    company.execute("create table t as select 1")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(duckdb.IOException):
        validate(
            tmp_path / "none.duckdb",
            entity_checks(["shop"]),
            run_id="run-1",
            checked_at=AT,
        )


def test_results_fit_the_ledger(company: Company) -> None:
    results = company.validate([entity_check("shop", "orders")])
    with duckdb.connect() as connection:
        connection.execute(META_TABLES)
        marks = ", ".join("?" * len(RESULT_COLUMNS))
        connection.executemany(
            f"insert into meta.expectation_results values ({marks})",
            result_rows(results),
        )
        stored = connection.execute("from meta.expectation_results")
        assert [column[0] for column in stored.description or []] == list(
            RESULT_COLUMNS
        )
        assert stored.fetchall() == result_rows(results)
        frame = results_frame(results)
        assert list(frame.columns) == list(RESULT_COLUMNS)
        connection.execute("insert into meta.expectation_results from frame")


RAW = {"required_columns": ["order_id", "ordered_at"]}


def test_a_raw_table_as_it_should_be_passes(company: Company) -> None:
    results = company.validate(
        [
            raw_check(
                "shop",
                "orders",
                date_column="ordered_at",
                max_age_days=200,
                **RAW,
            )
        ]
    )
    assert failures(results) == set()
    assert len(results) == 5
    assert {result.suite for result in results} == {"raw_tables"}


def test_raw_columns_that_are_missing_are_named(company: Company) -> None:
    company.execute(
        "alter table raw.shop__orders rename ordered_at to order_date"
    )
    results = company.validate(
        [raw_check("shop", "orders", date_column="ordered_at", **RAW)]
    )
    result = one(results, "required_columns_are_there")
    assert blocking_failures(results) == [result]
    assert result.observed == "missing: ordered_at"


def test_raw_columns_are_found_whatever_their_case(company: Company) -> None:
    company.execute(
        "alter table raw.shop__orders rename ordered_at to Ordered_At"
    )
    results = company.validate(
        [raw_check("shop", "orders", date_column="ordered_at", **RAW)]
    )
    assert one(results, "required_columns_are_there").is_success


def test_a_shrinking_delivery_and_old_data_are_warned_of(
    company: Company,
) -> None:
    company.execute(
        "insert into meta.deliveries values (2, 'shop', 'shop__orders', 99, "
        "timestamp '2026-06-30', 'loaded'), (3, 'shop', 'orders', 1, "
        "timestamp '2026-06-30', 'refused')"
    )
    checks = [
        raw_check(
            "shop",
            "orders",
            date_column="ordered_at",
            max_age_days=30,
            **RAW,
        )
    ]
    results = company.validate(checks)
    assert failures(results) == {
        "orders.newest_delivery_is_not_half_of_the_one_before",
        "orders.newest_business_date_is_recent",
    }
    shrunk = one(results, "newest_delivery_is_not_half_of_the_one_before")
    assert (shrunk.count_checked, shrunk.count_unexpected) == (200, 101)
    assert blocking_failures(results) == []

    later = company.validate(checks, as_of=date(2026, 9, 1))
    assert "orders.newest_delivery_is_recent" in failures(later)
    assert one(later, "newest_delivery_is_recent").count_unexpected == 63

    undated = company.validate(checks, as_of=None)
    assert one(undated, "newest_delivery_is_recent").observed == (
        "not applicable: no date of analysis"
    )


def test_a_raw_table_without_rows_or_deliveries_passes(
    company: Company,
) -> None:
    company.execute(
        "delete from raw.shop__orders", "delete from meta.deliveries"
    )
    results = company.validate(
        [
            raw_check("shop", "orders", date_column="ordered_at", **RAW),
            raw_check("shop", "letters", **RAW),
        ]
    )
    assert failures(results) == set()


def test_importing_the_package_does_not_import_great_expectations() -> None:
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, expectations; "
            "assert 'great_expectations' not in sys.modules",
        ],
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
