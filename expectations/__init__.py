"""The gate: what a delivery must look like before the warehouse trusts it.

Expectations are data (``expectations/suites``, one module per canonical
entity, and ``raw_tables.py`` for the tables as delivered). ``validate`` runs
them with Great Expectations, pushed down to DuckDB as SQL, and answers with
one row per expectation for ``meta.expectation_results``.

To add an expectation, add one line to the module of its entity.

Great Expectations takes seven seconds to import, so only ``validate`` imports
it, when it is called: this package is free to import.
"""

from expectations.checks import (
    RelationCheck,
    entity_check,
    entity_checks,
    raw_check,
)
from expectations.results import (
    RESULT_COLUMNS,
    ExpectationResult,
    blocking_failures,
    result_rows,
    results_frame,
)
from expectations.suites import ENTITIES, entity_suites
from expectations.validation import validate
from expectations.vocabulary import Expectation, Severity, Suite

__all__ = [
    "ENTITIES",
    "RESULT_COLUMNS",
    "Expectation",
    "ExpectationResult",
    "RelationCheck",
    "Severity",
    "Suite",
    "blocking_failures",
    "entity_check",
    "entity_checks",
    "entity_suites",
    "raw_check",
    "result_rows",
    "results_frame",
    "validate",
]
