"""Whether the numbers can be used: what is a concern, and how grave."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from orchestration.dashboard import safety
from orchestration.dashboard.views import (
    quality_inputs,
    quality_models,
    quality_parts,
)
from orchestration.dashboard.words import Words
from orchestration.lib.languages import load_language

WORDS = Words(load_language("en"))
AS_OF = date(2026, 6, 30)


def check(**values: Any) -> dict[str, Any]:
    return {
        "entity": "orders",
        "severity": "blocking",
        "is_success": True,
        "has_error": False,
        **values,
    }


def accounted(loaded: int, rejected: int) -> dict[str, Any]:
    return {
        "entity": "orders",
        "rows_delivered": 100,
        "rows_loaded": loaded,
        "rows_rejected": rejected,
        "rows_duplicate": 1,
    }


def test_a_failure_that_stops_a_run_is_grave_and_a_warning_is_not() -> None:
    blocking = check(is_success=False)
    warning = check(is_success=False, severity="warning")
    found = safety.about_expectations([check(), blocking, warning], WORDS)
    assert [one.is_grave for one in found] == [True, False]
    assert "1" in found[0].text
    assert safety.about_expectations([check()], WORDS) == []


def test_unchecked_inputs_are_a_concern() -> None:
    (found,) = safety.about_expectations([], WORDS)
    assert not found.is_grave


@pytest.mark.parametrize(
    ("loaded", "rejected", "is_grave"),
    [(98, 1, None), (90, 9, False), (97, 1, True)],
)
def test_lost_rows_are_grave_and_many_set_aside_are_told(
    loaded: int, rejected: int, is_grave: bool | None
) -> None:
    found = safety.about_accounting([accounted(loaded, rejected)], WORDS)
    assert [one.is_grave for one in found] == (
        [] if is_grave is None else [is_grave]
    )


def test_an_entity_without_a_row_is_accounted_for() -> None:
    empty = {**accounted(0, 0), "rows_delivered": 0, "rows_duplicate": 0}
    assert safety.about_accounting([empty], WORDS) == []


@pytest.mark.parametrize(
    ("today", "days_since_newest", "count"),
    [
        (date(2026, 8, 14), 0, 0),
        (date(2026, 8, 15), 0, 1),
        (date(2026, 8, 15), 32, 2),
        (AS_OF, None, 0),
    ],
)
def test_old_numbers_and_missing_orders_are_told(
    today: date, days_since_newest: int | None, count: int
) -> None:
    coverage = [{"entity": "orders", "days_since_newest": days_since_newest}]
    assert len(safety.about_age(AS_OF, today, coverage, WORDS)) == count


def test_what_is_not_bought_every_month_may_be_quiet() -> None:
    coverage = [{"entity": "campaigns", "days_since_newest": 300}]
    assert safety.about_age(AS_OF, AS_OF, coverage, WORDS) == []


def test_a_model_that_drifts_or_waits_is_told() -> None:
    drift = [{"status": "ok"}, {"status": "retrain"}, {"status": "retrain"}]
    reviews = [{"decision": "approved"}, {"decision": "waiting"}]
    assert len(safety.about_models(drift, reviews, WORDS)) == 2
    assert safety.about_models(drift[:1], reviews[:1], WORDS) == []


@pytest.mark.parametrize(
    ("calibration", "count"), [(1.19, 0), (1.25, 1), (0.7, 1), (None, 0)]
)
def test_predictions_far_off_are_told_of_the_company(
    calibration: float | None, count: int
) -> None:
    row = {
        "persona_id": safety.COMPANY,
        "calibration": calibration,
        "predicted_orders": (calibration or 0) * 100,
        "actual_orders": 100,
    }
    assert len(safety.about_predictions([row], WORDS)) == count
    assert safety.about_predictions([{**row, "persona_id": "P01"}], WORDS) == []


def test_outcomes_of_expectations() -> None:
    failed = check(is_success=False)
    assert quality_inputs.outcome(check()) == "holds"
    assert quality_inputs.outcome(failed) == "failed"
    assert (
        quality_inputs.outcome({**failed, "severity": "warning"}) == "warning"
    )
    assert quality_inputs.outcome({**failed, "has_error": True}) == "error"


def test_the_worst_kind_of_data_comes_first() -> None:
    rows = [
        check(entity="campaigns"),
        check(entity="reviews", is_success=False, severity="warning"),
        check(entity="reviews"),
        check(entity="orders", is_success=False),
    ]
    found = quality_inputs.outcomes_by_entity(rows)
    assert [own["entity"] for own in found] == [
        *("orders", "reviews", "campaigns"),
    ]
    assert found[1]["warning"] == found[1]["holds"] == 1


@pytest.mark.parametrize(
    ("alpha", "accent"),
    [
        (-0.2, quality_parts.BAD),
        (0.65, quality_parts.CARE),
        (0.7, quality_parts.GOOD),
        (0.95, quality_parts.GOOD),
    ],
)
def test_reliability_is_enough_from_seven_tenths_on(
    alpha: float, accent: int
) -> None:
    found = quality_models.reliability(alpha)
    assert found is not None
    assert found[1] == accent


def test_a_single_question_has_no_reliability() -> None:
    assert quality_models.reliability(None) is None
