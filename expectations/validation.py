"""Hold suites against relations: counts in, verdicts out, no row in Python.

The DuckDB file is opened read-only and closed again before the function
returns, so that dbt may write to it right afterwards. All expectations of a
relation are one Great Expectations validation and, beneath it, one scan. Of a
relation of more than two million rows only those checks that must compare keys
look at a sample, taken by the key's hash.

An expectation that cannot be evaluated counts as failed, with the error. An
error's text may quote a value (``Could not convert string '…'``); it is kept
only where it speaks of names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations.checks import RelationCheck
from expectations.duckdb_dialect import BATCH_MARK
from expectations.results import ExpectationResult
from expectations.vocabulary import Expectation, Severity

SAMPLE_ABOVE = 2_000_000
SAMPLED_ROWS = 1_000_000

_OFFLINE = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_ERROR = re.compile(r"\b([A-Z][A-Za-z ]{2,30} (?:Error|Exception)): ([^\n]*)")
_SPEAKS_OF_NAMES = ("Binder Error", "Catalog Error", "Parser Error")


@dataclass(frozen=True)
class _Relation:
    """A relation that exists: its columns, and how many rows are judged.

    ``has_rows`` speaks of all its rows, judged or not.
    """

    columns: frozenset[str]
    count_rows: int
    has_rows: bool


@dataclass(frozen=True)
class _Outcome:
    """The answer to one expectation, without the run it belongs to."""

    is_success: bool
    count_checked: int | None = None
    count_unexpected: int | None = None
    observed: str | None = None
    error: str | None = None


def validate(
    database: Path,
    checks: Sequence[RelationCheck],
    *,
    run_id: str,
    checked_at: datetime,
    as_of: date | None = None,
    config: Mapping[str, str] | None = None,
) -> list[ExpectationResult]:
    """Check relations of a DuckDB file against their suites.

    Parameters
    ----------
    database : Path
        The file. Nobody may have it open for writing.
    checks : sequence of RelationCheck
        What is held against what; see ``entity_checks`` and ``raw_check``.
    run_id : str
        Written into the results.
    checked_at : datetime
        Written into the results, UTC; the function reads no clock.
    as_of : date, optional
        The date of analysis; without it, expectations about age are listed as
        passed, with "not applicable".
    config : mapping, optional
        DuckDB's settings, such as ``memory_limit`` and ``temp_directory``.

    Returns
    -------
    list of ExpectationResult
        For every relation, first whether it exists, then one result per
        expectation, in the order of the suite. None holds a row's value.

    Raises
    ------
    duckdb.IOException
        When the file is missing, or open for writing in another process.
    """
    settings = {**_OFFLINE, **(config or {})}
    if not checks:
        return []
    relations = _read_relations(database, checks, settings)

    from expectations import great_expectations_bridge as bridge

    results: list[ExpectationResult] = []
    with bridge.open_source(database, settings) as source:
        for number, check in enumerate(checks):
            outcomes = {"relation_exists": _existence(check, relations)}
            if check.relation in relations:
                batch = bridge.batch_of(
                    source,
                    f"{check.relation}_{number}",
                    f"{BATCH_MARK} * from {_rows(check)}",
                )
                outcomes |= _judge(check, relations, batch, as_of)
            results += [
                _result(check, name, outcome, run_id, checked_at)
                for name, outcome in outcomes.items()
            ]
    return results


def _read_relations(
    database: Path,
    checks: Sequence[RelationCheck],
    config: Mapping[str, str],
) -> dict[str, _Relation]:
    """Look up, per relation that exists, its columns and count its rows.

    Siblings in staging are looked up as well; a relation that cannot be
    counted, because what lies beneath has changed, is counted as empty, and
    its expectations then fail with the error.
    """
    judged = {check.relation: _rows(check) for check in checks}
    with duckdb.connect(
        str(database), read_only=True, config=dict(config)
    ) as connection:
        columns: dict[str, set[str]] = {}
        for relation, column in connection.execute(
            "select schema_name || '.' || table_name, column_name "
            "from duckdb_columns() "
            "where database_name = current_database()"
        ).fetchall():
            if relation in judged or relation.startswith("staging.stg_"):
                columns.setdefault(relation, set()).add(column)

        def number(query: str) -> int:
            try:
                found = connection.execute(query).fetchone()
            except duckdb.Error:
                return 0
            return int(found[0]) if found else 0

        return {
            relation: _Relation(
                columns=frozenset(names),
                count_rows=number(
                    f"select count(*) from {judged.get(relation, relation)}"
                ),
                has_rows=number(f"select exists (from {relation})") > 0,
            )
            for relation, names in columns.items()
        }


def _rows(check: RelationCheck) -> str:
    if check.since_delivery is None:
        return check.relation
    return (
        f"{check.relation} where coalesce(delivery_id, 0) = 0 "
        f"or delivery_id >= {int(check.since_delivery)}"
    )


def _existence(
    check: RelationCheck, relations: Mapping[str, _Relation]
) -> _Outcome:
    if check.relation in relations:
        return _Outcome(is_success=True, observed="relation present")
    return _Outcome(check.is_optional, observed="relation absent")


def _judge(
    check: RelationCheck,
    relations: Mapping[str, _Relation],
    batch: Any,
    as_of: date | None,
) -> dict[str, _Outcome]:
    """Return one outcome per expectation of the check's suite, in order."""
    from expectations import great_expectations_bridge as bridge

    relation = relations[check.relation]
    outcomes: dict[str, _Outcome | None] = {}
    prepared: dict[str, Any] = {}
    for expectation in check.suite.expectations:
        settled = _settle_beforehand(expectation, relation, relations, as_of)
        outcomes[expectation.name] = settled
        if settled is None:
            prepared[expectation.name] = _prepare(
                expectation, relation, relations, as_of, bridge.CLASSES
            )

    answers = bridge.run(batch, prepared) if prepared else {}
    errors = [name for name in answers if _error(answers[name]) is not None]
    if len(answers) > 1:
        # One bad expression spoils the query that all share.
        for name in errors:
            answers |= bridge.run(batch, {name: prepared[name]})

    return {
        expectation.name: outcomes[expectation.name]
        or _outcome(expectation, relation, answers[expectation.name])
        for expectation in check.suite.expectations
    }


def _settle_beforehand(
    expectation: Expectation,
    relation: _Relation,
    relations: Mapping[str, _Relation],
    as_of: date | None,
) -> _Outcome | None:
    """Answer what needs no query: a missing column, sibling or date."""
    missing = [
        column
        for column in expectation.columns
        if column not in relation.columns
    ]
    if missing:
        return _Outcome(
            is_success=False,
            error=f"The column {', '.join(missing)} is missing: add it to "
            "the model that builds this relation.",
        )
    if expectation.gx_class == "ExpectTableColumnsToMatchSet":
        required = expectation.arguments["column_set"]
        # As in SQL, Status is the column status.
        there = {name.lower() for name in relation.columns}
        absent = [name for name in required if name.lower() not in there]
        if absent or not set(required) <= set(relation.columns):
            return _Outcome(
                is_success=not absent,
                count_checked=len(required),
                count_unexpected=len(absent),
                observed=f"missing: {', '.join(absent)}" if absent else None,
            )
    if expectation.needs_as_of and as_of is None:
        return _Outcome(
            is_success=True, observed="not applicable: no date of analysis"
        )
    if not expectation.applies_without_siblings:
        for entity, columns in expectation.siblings.items():
            if not _sibling_relations(entity, columns, relations):
                return _Outcome(
                    is_success=True,
                    observed=f"not applicable: no source has {entity}",
                )
    return None


def _sibling_relations(
    entity: str,
    columns: Sequence[str],
    relations: Mapping[str, _Relation],
) -> list[str]:
    """Return the staging relations of an entity that have rows."""
    return sorted(
        name
        for name, relation in relations.items()
        if name.startswith("staging.stg_")
        and name.endswith(f"__{entity}")
        and relation.has_rows
        and set(columns) <= relation.columns
    )


def _prepare(
    expectation: Expectation,
    relation: _Relation,
    relations: Mapping[str, _Relation],
    as_of: date | None,
    classes: Mapping[str, Any],
) -> Any:
    """Build the Great Expectations object; fill the placeholders of its SQL."""
    arguments = dict(expectation.arguments)
    if expectation.gx_class == "ExpectFewUnexpected":
        values = {
            entity: _union(entity, columns, relations)
            for entity, columns in expectation.siblings.items()
        }
        values["as_of"] = f"date '{as_of}'"
        values["one_in"] = str(_one_in(relation))
        for name in ("unexpected", "checked"):
            arguments[name] = arguments[name].format(**values)
        arguments["tolerated_share"] = expectation.tolerated_share
    return classes[expectation.gx_class](
        **arguments, meta={"name": expectation.name}
    )


def _one_in(relation: _Relation) -> int:
    """Return of how many keys one is looked at; 1 is all of them."""
    if relation.count_rows <= SAMPLE_ABOVE:
        return 1
    return -(-relation.count_rows // SAMPLED_ROWS)


def _union(
    entity: str, columns: Sequence[str], relations: Mapping[str, _Relation]
) -> str:
    renamed = ", ".join(f"{name} as known_{name}" for name in columns)
    selects = [
        f"select {renamed} from {relation}"
        for relation in _sibling_relations(entity, columns, relations)
    ]
    nothing = ", ".join(f"null as known_{name}" for name in columns)
    return "({}) as known_{}".format(
        " union all ".join(selects) or f"select {nothing} where false", entity
    )


def _outcome(
    expectation: Expectation, relation: _Relation, answer: Any
) -> _Outcome:
    error = _error(answer)
    if error is not None:
        return _Outcome(is_success=False, error=error)
    checked = answer.meta.get("count_checked")
    unexpected = answer.meta.get("count_unexpected")
    observed = None
    if checked is not None:
        observed = (
            f"{unexpected:,} of {checked:,} unexpected; tolerated are "
            f"{expectation.tolerated_share:.0%}"
        )
        if expectation.sampled_by and _one_in(relation) > 1:
            observed += f"; a sample, one in {_one_in(relation)} keys"
    return _Outcome(bool(answer.success), checked, unexpected, observed)


def _error(answer: Any) -> str | None:
    """Return what went wrong in evaluating, without any row's value."""
    messages = _messages(answer.exception_info)
    if not messages:
        return None
    found = _ERROR.search(messages)
    if found is None:
        return "The expectation could not be evaluated."
    kind, text = found.groups()
    if kind in _SPEAKS_OF_NAMES:
        return f"{kind}: {text}"
    return f"{kind} (its text is withheld: it may quote a value)."


def _messages(info: Any) -> str:
    """Join the messages of an answer's errors, which may be nested by metric.

    An answer without an error has none.
    """
    if not isinstance(info, Mapping):
        return str(getattr(info, "exception_message", None) or "")
    if "exception_message" in info:
        return str(info["exception_message"] or "")
    return "\n".join(_messages(part) for part in info.values()).strip()


def _result(
    check: RelationCheck,
    name: str,
    outcome: _Outcome,
    run_id: str,
    checked_at: datetime,
) -> ExpectationResult:
    known = {one.name: one for one in check.suite.expectations}.get(name)
    severity: Severity = "warning" if check.is_optional else "blocking"
    return ExpectationResult(
        run_id=run_id,
        checked_at=checked_at,
        suite=check.suite.name,
        relation=check.relation,
        expectation=name,
        column_name=known.column if known else None,
        severity=known.severity if known else severity,
        is_success=outcome.is_success,
        count_checked=outcome.count_checked,
        count_unexpected=outcome.count_unexpected,
        observed=outcome.observed,
        reason=known.reason if known else _ABSENT,
        error=outcome.error,
    )


_ABSENT = (
    "What is not there cannot be read further down: build the staging models, "
    "or take the source out of the var sources in dbt_project.yml."
)
