"""The suites as data: complete, explained, and about columns that exist."""

from __future__ import annotations

import re

import pytest

from expectations import (
    ENTITIES,
    Expectation,
    RelationCheck,
    Suite,
    entity_check,
    entity_checks,
    entity_suites,
    raw_check,
)
from expectations.vocabulary import not_null

ALL = [
    pytest.param(entity, expectation, id=f"{entity}.{expectation.name}")
    for entity, suite in entity_suites().items()
    for expectation in suite.expectations
]

Contract = dict[str, dict[str, str]]


def test_every_entity_of_the_contract_has_a_suite(contract: Contract) -> None:
    assert set(ENTITIES) == set(contract)
    assert len(ENTITIES) == 15
    assert all(name == suite.name for name, suite in entity_suites().items())


def test_every_entity_blocks_on_something() -> None:
    for entity, suite in entity_suites().items():
        severities = [one.severity for one in suite.expectations]
        assert "blocking" in severities, entity


@pytest.mark.parametrize(("entity", "expectation"), ALL)
def test_expectations_read_only_columns_of_the_contract(
    entity: str, expectation: Expectation, contract: Contract
) -> None:
    known = {*contract[entity], "cast_failures"}
    assert set(expectation.columns) <= known
    for sibling, columns in expectation.siblings.items():
        assert set(columns) <= set(contract[sibling])


@pytest.mark.parametrize(("entity", "expectation"), ALL)
def test_expectations_name_every_column_their_sql_reads(
    entity: str, expectation: Expectation, contract: Contract
) -> None:
    sql = " ".join(
        str(expectation.arguments.get(name, ""))
        for name in ("unexpected", "checked")
    )
    words = set(re.findall(r"[a-z_]+", re.sub(r"'[^']*'", "", sql)))
    assert words & set(contract[entity]) <= set(expectation.columns)


@pytest.mark.parametrize(("entity", "expectation"), ALL)
def test_reasons_are_sentences_that_say_what_to_do(
    entity: str, expectation: Expectation
) -> None:
    assert expectation.reason.endswith(".")
    assert len(expectation.reason.split()) >= 8
    assert ":" in expectation.reason or ";" in expectation.reason


def test_a_suite_refuses_two_expectations_of_one_name() -> None:
    one = not_null("a", at_least=1, severity="warning", reason="Why: so.")
    with pytest.raises(ValueError, match="a_is_known twice"):
        Suite("s", "d", (one, one))


def test_an_expectation_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="has no reason"):
        not_null("a", at_least=1, severity="warning", reason=" ")


@pytest.mark.parametrize(
    "relation", ["orders", "raw.a b", "raw.a; drop table b", "raw.a'"]
)
def test_relations_are_checked_against_an_allow_list(relation: str) -> None:
    with pytest.raises(ValueError, match=r"schema\.name"):
        RelationCheck(relation, entity_suites()["orders"])


def test_sources_are_checked_against_an_allow_list() -> None:
    with pytest.raises(ValueError, match="lower case"):
        entity_check("shop'", "orders")
    with pytest.raises(ValueError, match="lower case"):
        raw_check("shop'", "orders", required_columns=[])


def test_every_entity_of_every_source_is_checked() -> None:
    checks = entity_checks(["shop", "crm"], optional_entities=["reviews"])
    assert len(checks) == 30
    assert checks[0].relation == "staging.stg_shop__customers"
    assert [check.relation for check in checks if check.is_optional] == [
        "staging.stg_shop__reviews",
        "staging.stg_crm__reviews",
    ]
