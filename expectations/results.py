"""What a check answers: one row per expectation, counts and no values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from expectations.vocabulary import Severity

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ExpectationResult:
    """One row of ``meta.expectation_results``, its columns in its order.

    ``count_checked`` and ``count_unexpected`` count rows (of a sample of the
    keys where ``observed`` says so); both are null where nothing was counted.
    """

    run_id: str
    checked_at: datetime
    suite: str
    relation: str
    expectation: str
    column_name: str | None
    severity: Severity
    is_success: bool
    count_checked: int | None
    count_unexpected: int | None
    observed: str | None
    reason: str
    error: str | None


RESULT_COLUMNS = tuple(column.name for column in fields(ExpectationResult))


def result_rows(
    results: Sequence[ExpectationResult],
) -> list[tuple[object, ...]]:
    """Return the results as tuples in the order of ``RESULT_COLUMNS``.

    Examples
    --------
    >>> marks = ", ".join("?" * len(RESULT_COLUMNS))
    >>> statement = f"insert into meta.expectation_results values ({marks})"
    """
    return [astuple(result) for result in results]


def results_frame(results: Sequence[ExpectationResult]) -> pd.DataFrame:
    """Return the results as a frame with the columns of ``RESULT_COLUMNS``."""
    import pandas as pd

    return pd.DataFrame(result_rows(results), columns=list(RESULT_COLUMNS))


def blocking_failures(
    results: Sequence[ExpectationResult],
) -> list[ExpectationResult]:
    """Return the results that must stop the run."""
    return [
        result
        for result in results
        if not result.is_success and result.severity == "blocking"
    ]
