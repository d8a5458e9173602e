"""Companies with next to nothing, files that are refused, and the gate.

All of them are a made-up shop of the connector `template` in one home, which
is emptied in between: the parsed project stays, and with it most of the start
of a run. What a run left is looked at before the next one begins.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import pytest
from dagster import DagsterEventType, DagsterInstance
from homes import Home

from ml.synthetic import ENTITIES
from orchestration.lib.jobs import JobResult
from orchestration.lib.runs import last_run

ORDERS = "order_id,customer_id,ordered_at,channel,status,currency\n"
LINES = (
    "order_line_id,order_id,product_id,quantity,unit_price,line_type,currency\n"
)
COUNT_SHOPPERS = 300


@pytest.fixture(scope="module")
def home(shop_home: Home) -> Home:
    return shop_home


@dataclass(frozen=True)
class Seen:
    """What a run left, read before the next one."""

    is_success: bool
    message: str | None
    status: str
    personas: list[Any]
    reasons: dict[str, int]
    coverage: dict[str, tuple[int, str | None]]
    kpi_orders: int | None
    is_published: bool


def look(home: Home, result: JobResult) -> Seen:
    """Read what a run left; a failed one may have left nothing."""
    run = last_run(home.settings)
    assert run is not None
    assert run.run_id == result.run_id
    assert run.message == result.message
    is_built = result.is_success
    return Seen(
        result.is_success,
        result.message,
        run.status,
        home.rows(
            "select persona_id, count_customers, count_orders, verdict, "
            "verdict_reason from marts.personas order by persona_id"
        )
        if is_built
        else [],
        dict(reasons(home)) if is_built else {},
        coverage(home) if is_built else {},
        home.rows(
            "select sum(count_orders) from intermediate.int_persona_months "
            "where persona_basis = 'month'"
        )[0][0]
        if is_built
        else None,
        home.settings.published_path.exists(),
    )


def reasons(home: Home) -> list[tuple[str, int]]:
    return home.rows(
        "select assignment_reason, count(*) from marts.customer_personas "
        "group by all order by all"
    )


def coverage(home: Home) -> dict[str, tuple[int, str | None]]:
    return {
        entity: (count, unknown)
        for entity, count, unknown in home.rows(
            "select entity, count_rows, unknown_without "
            "from marts.source_coverage"
        )
    }


def put_orders(home: Home, orders: list[str], lines: list[str]) -> None:
    home.put("orders.csv", ORDERS + "".join(f"{row}\n" for row in orders))
    home.put("order_lines.csv", LINES + "".join(f"{row}\n" for row in lines))


def put_shoppers(home: Home) -> tuple[int, int]:
    """Deliver three kinds of shoppers; every fortieth order came by fax.

    Returns
    -------
    (int, int)
        How many orders there are, and how many of them came by fax.
    """
    rng = np.random.default_rng(3)
    orders, lines = [], []
    kinds = [("web", 9, 4, 10), ("store", 10, 1, 90), ("app", 20, 2, 35)]
    for shopper in range(COUNT_SHOPPERS):
        channel, hour, items, price = kinds[shopper % 3]
        for _ in range(rng.poisson(4) + 2):
            number = len(orders) + 1
            day = np.datetime64("2024-01-01") + rng.integers(0, 900)
            words = "fax" if number % 40 == 0 else channel
            orders.append(
                f"O{number},C{shopper},{day} {hour}:15:00,{words},completed,EUR"
            )
            lines.append(
                f"L{number},O{number},A,{items + rng.poisson(1)},"
                f"{price * rng.uniform(0.8, 1.2):.2f},sale,EUR"
            )
    put_orders(home, orders, lines)
    return len(orders), len(orders) // 40


# -- next to nothing --------------------------------------------------------


@pytest.fixture(scope="module")
def no_rows(home: Home) -> Seen:
    home.reset()
    put_orders(home, [], [])
    return look(home, home.run())


@pytest.fixture(scope="module")
def one_customer(home: Home) -> Seen:
    home.reset()
    put_orders(
        home,
        [f"O{n},C1,2026-0{n}-05 10:00:00,web,completed,EUR" for n in (1, 2, 3)],
        [f"L{n},O{n},A,2,10.00,sale,EUR" for n in (1, 2, 3)],
    )
    return look(home, home.run())


@pytest.fixture(scope="module")
def identical(home: Home) -> Seen:
    home.reset()
    numbers = range(1, 121)
    put_orders(
        home,
        [
            f"O{n},C{n % 60},2026-0{1 + n // 61}-05 10:00:00,web,completed,EUR"
            for n in numbers
        ],
        [f"L{n},O{n},A,2,10.00,sale,EUR" for n in numbers],
    )
    return look(home, home.run())


@pytest.mark.parametrize(
    ("edge", "count_customers", "count_orders"),
    [
        pytest.param("no_rows", 0, 0, marks=pytest.mark.slow),
        pytest.param("one_customer", 1, 3, marks=pytest.mark.slow),
        pytest.param("identical", 60, 120, marks=pytest.mark.slow),
    ],
)
def test_company_without_personas_ends_well_and_says_why(
    request: pytest.FixtureRequest,
    edge: str,
    count_customers: int,
    count_orders: int,
):
    seen: Seen = request.getfixturevalue(edge)
    assert seen.is_success, seen.message
    assert (seen.status, seen.message) == ("succeeded", None)
    assert seen.is_published
    ((persona, *counts, verdict, reason),) = seen.personas
    assert persona == "unassigned"
    assert counts == [count_customers, count_orders]
    assert (seen.kpi_orders or 0) == count_orders
    assert verdict == "none"
    assert len(reason.split()) >= 4
    assert reason.endswith(".")
    assert "No model has been trained" not in reason
    wanted = {"the data show no personas": count_customers}
    assert seen.reasons == (wanted if count_customers else {})


# -- orders alone, dbt alone ------------------------------------------------


@dataclass(frozen=True)
class Life:
    """A shop from an empty home to its first refused delivery."""

    personas_of_nothing: list[Any]
    tables_of_nothing: int
    expected_of_nothing: list[Any]
    said_by_check: str
    built_by_check: list[Any]
    untrained: list[tuple[str, int]]
    untrained_verdict: list[Any]
    said: str
    code: int
    trained: Seen
    unknown: list[Any]
    faxed: list[Any]
    warnings: list[Any]
    refusals: list[Any]
    assigned: list[Any]
    assigned_by_dbt: list[Any]
    refused_said: str
    refused_code: int
    refused_status: str
    is_publication_untouched: bool
    count_orders: int
    count_faxed: int


PERSONAS_ONLY = ("--select", "+personas", "--indirect-selection", "buildable")


@pytest.fixture(scope="module")
def life(home: Home) -> Life:
    home.reset()
    verdict = "select persona_id, count_customers, verdict_reason "
    assigned = (
        "select customer_id, persona_id, distance from marts.customer_personas "
        "order by all"
    )
    home.dbt_build(excluded=())
    nothing = home.rows(verdict + "from marts.personas")
    ((tables,),) = home.rows(
        "select count(*) from information_schema.tables "
        "where table_schema = 'marts'"
    )
    expected_of_nothing = home.rows("from marts.expectation_results")

    count_orders, count_faxed = put_shoppers(home)
    home.put("customers.csv", "custmer_id,gender\nC1,female\n")
    checked = home.persona("check")
    assert checked.exit_code == 0, checked.output
    built_by_check = home.rows("select count(*) from marts.customers")
    home.dbt_build(*PERSONAS_ONLY)
    untrained = reasons(home)
    untrained_verdict = home.rows(verdict + "from marts.personas")

    ran = home.persona("run")
    run = last_run(home.settings)
    assert run is not None
    assert run.status == "succeeded", run.message
    trained = look(home, JobResult(run.run_id, True, 0, {}, None))
    unknown = home.rows(
        "select count(count_orders) > 0, count(is_partly_hidden) = count(*), "
        "count(count_sessions), count(session_conversion_share), "
        "count(count_tickets), count(tickets_per_customer), "
        "count(touched_customers), count(touched_share), "
        "count(marketing_spend), count(acquisition_cost) "
        "from marts.persona_kpis_monthly"
    )
    faxed = home.rows(
        "select entity, reason, detail, count(*) from marts.rejected_rows "
        "group by all order by all"
    )
    warnings = home.rows(
        "select distinct relation, column_name, severity "
        "from meta.expectation_results where not is_success "
        f"and run_id = '{run.run_id}'"
    )
    refusals = home.rows(
        "select file_name, message from meta.deliveries "
        "where outcome = 'refused'"
    )
    scored = home.rows(assigned)
    before = home.settings.published_path.read_bytes()

    home.dbt_build(*PERSONAS_ONLY, excluded=("unit_test", "test"))
    scored_by_dbt = home.rows(assigned)

    late = home.put("orders_2.csv", "order_id,customer_id,orderd_at\nO9,C9,\n")
    refused = home.persona("run")
    run = last_run(home.settings)
    assert run is not None
    late.unlink()
    return Life(
        nothing,
        tables,
        expected_of_nothing,
        " ".join(checked.output.split()),
        built_by_check,
        untrained,
        untrained_verdict,
        " ".join(ran.output.split()),
        ran.exit_code,
        trained,
        unknown,
        faxed,
        warnings,
        refusals,
        scored,
        scored_by_dbt,
        " ".join(refused.output.split()),
        refused.exit_code,
        run.status,
        home.settings.published_path.read_bytes() == before,
        count_orders,
        count_faxed,
    )


def test_dbt_build_is_valid_on_an_empty_warehouse(life: Life):
    assert life.tables_of_nothing >= 12
    assert life.expected_of_nothing == []
    assert life.personas_of_nothing == [
        ("unassigned", 0, "No model has been trained yet.")
    ]


def test_check_looks_at_the_inputs_and_builds_nothing(life: Life):
    assert "expectations hold" in life.said_by_check
    assert "staging.stg_template__orders" in life.said_by_check
    loaded = life.count_orders - life.count_faxed
    counts = f"{life.count_orders:,} {loaded:,} {life.count_faxed} 0"
    assert f"orders {counts}" in life.said_by_check
    for words in ("channel is none of web, app, store,", ": fax"):
        assert words in life.said_by_check
    assert "Published" not in life.said_by_check
    assert life.built_by_check == [(0,)]


def test_dbt_build_without_a_model_assigns_nobody(life: Life):
    assert life.untrained == [("no model has been trained", COUNT_SHOPPERS)]
    assert life.untrained_verdict == [
        ("unassigned", COUNT_SHOPPERS, "No model has been trained yet.")
    ]


def test_dbt_build_scores_with_the_model_that_was_trained(life: Life):
    assert life.assigned_by_dbt == life.assigned
    assert {row[1] for row in life.assigned} >= {"P01", "P02", "P03"}


def test_orders_alone_give_personas(life: Life):
    assert life.code == 0, life.said
    assert life.trained.status == "succeeded"
    assert life.trained.kpi_orders == life.count_orders - life.count_faxed
    assert life.trained.reasons["nearest persona"] >= 0.9 * COUNT_SHOPPERS


def test_entities_that_are_missing_are_said_to_be(life: Life):
    found = life.trained.coverage
    assert set(found) == set(ENTITIES)
    for entity, (count, unknown) in found.items():
        if entity in ("orders", "order_lines"):
            assert (count, unknown) == (
                life.count_orders - life.count_faxed,
                None,
            )
        else:
            assert count == 0, entity
            assert unknown, entity
    assert "demographics" in str(found["customers"][1])
    assert "Not delivered: campaign_touches, campaigns," in life.said


def test_figures_of_what_nobody_delivers_are_unknown(life: Life):
    assert life.unknown == [(True, True, *[0] * 8)]


def test_refused_optional_file_is_told_and_the_run_goes_on(life: Life):
    names = {name for name, _ in life.refusals}
    assert names == {"customers.csv"}
    for _, message in life.refusals:
        for words in ("customers.csv", "customer_id", "custmer_id"):
            assert words in message
        told = "Refused: " + " ".join(message.split())
        assert told in life.said_by_check
        assert told in life.said, "it still lies there"


def test_warning_lets_the_run_go_on(life: Life):
    orders = "staging.stg_template__orders"
    assert (orders, "channel", "warning") in life.warnings
    assert {severity for *_, severity in life.warnings} == {"warning"}
    assert orders in life.said
    assert life.count_faxed > 40
    parents, (entity, reason, detail, count) = life.faxed
    assert parents[:2] == ("order_lines", "parent_rejected")
    assert parents[3] == count == life.count_faxed
    assert (entity, reason) == ("orders", "unknown_value")
    assert detail.startswith("channel is none of web, app, store,")
    assert detail.endswith(": fax")
    assert f"orders {life.count_faxed} unknown_value: " in life.said
    assert "marts.rejected_rows in " in life.said


def test_refused_required_file_stops_the_run_and_says_the_mend(life: Life):
    assert life.refused_code == 1
    assert life.refused_status == "failed"
    for words in (
        *("The run stopped.", "orders_2.csv", "ordered_at", "orderd_at"),
        *("mend the file or take it away", "start the same command again"),
    ):
        assert words in life.refused_said, words
    assert "Traceback" not in life.refused_said
    assert life.refused_said.count("custmer_id") == 1, "optional ones, too"
    assert life.refused_said.count("'orderd_at'") == 1, "and nothing twice"
    assert life.is_publication_untouched


def test_no_files_at_all_says_what_to_put_where(home: Home):
    home.reset()
    ran = home.persona("run")
    said = " ".join(ran.output.split())
    assert ran.exit_code == 1
    for words in (
        *("The run stopped.", "has no orders, which it must have"),
        *("orders.csv", "order_id, customer_id, ordered_at"),
    ):
        assert words in said, words
    assert str(home.settings.landing / "template") in said.replace(" ", "")
    assert not home.settings.published_path.exists()
    run = last_run(home.settings)
    assert run is not None
    assert (run.status, run.job) == ("failed", "retrain")


# -- the gate ---------------------------------------------------------------


@pytest.fixture
def instance(home: Home) -> Iterator[DagsterInstance]:
    folder = {"DAGSTER_HOME": str(home.settings.dagster_home)}
    with mock.patch.dict(os.environ, folder), DagsterInstance.get() as found:
        yield found


@pytest.fixture(scope="module")
def stopped(home: Home) -> JobResult:
    """A run on orders of which every tenth has lost its date."""
    home.reset()
    numbers = range(1, 41)
    put_orders(
        home,
        [
            f"O{n},C{n},{'' if n % 10 == 0 else '2026-01-05'},web,,EUR"
            for n in numbers
        ],
        [f"L{n},O{n},A,2,10.00,sale,EUR" for n in numbers],
    )
    return home.run()


def test_gate_stops_the_run_before_the_input_layer(
    home: Home, stopped: JobResult
):
    assert not stopped.is_success
    assert "checking the inputs" in str(stopped.message)
    assert home.rows(
        "select distinct table_schema from information_schema.tables "
        "where table_schema in ('staging', 'input_layer', 'marts')"
    ) == [("staging",)]
    assert not home.settings.published_path.exists()
    run = last_run(home.settings)
    assert run is not None
    assert run.status == "failed"


def test_gate_writes_down_what_failed_and_why(home: Home, stopped: JobResult):
    failed = home.rows(
        "select run_id, suite, relation, column_name, count_checked, "
        "count_unexpected, reason from meta.expectation_results "
        "where not is_success and severity = 'blocking'"
    )
    assert [row[:-1] for row in failed] == [
        (
            stopped.run_id,
            "orders",
            "staging.stg_template__orders",
            "ordered_at",
            40,
            4,
        )
    ]
    reason = failed[0][-1]
    assert "map ordered_at" in reason
    assert reason in str(stopped.message)


def test_gate_fails_the_check_of_the_asset(
    instance: DagsterInstance, stopped: JobResult
):
    entries = instance.all_logs(
        stopped.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
    )
    checks = {}
    for entry in entries:
        assert entry.dagster_event is not None
        check = entry.dagster_event.asset_check_evaluation_data
        checks[check.asset_key.to_user_string(), check.check_name] = check
    own = checks["staging/stg_template__orders", "gate"]
    assert not own.passed
    assert own.severity.value == "ERROR"
    assert "map ordered_at" in str(own.metadata["reasons"].value)
    assert checks["staging/stg_template__customers", "gate"].passed
