"""The words the suites are written in.

An expectation says what share of the rows must be right, how severe it is if
they are not, and, for the person who reads the failure, what goes wrong
further down and what to do about it. Single bad rows are set aside later, by
the input layer, with a reason each; here the delivery as a whole is judged,
which is why most expectations tolerate a few per cent.

``blocking`` stops the run before the input layer is built. ``warning`` is
stored and shown. A relation without rows passes everything but a warning: a
company that has not sold anything yet is legal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["blocking", "warning"]
BLOCKING: Severity = "blocking"
WARNING: Severity = "warning"

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Expectation:
    """One expectation: its check, its weight and its reason.

    Parameters
    ----------
    name : str
        Lower case with underscores, unique in its suite; the name of the
        Dagster asset check and of the row in ``meta.expectation_results``.
    gx_class : str
        The class that checks it: one of Great Expectations' own, or
        ``ExpectFewUnexpected`` of ``expectations/great_expectations_bridge``.
    arguments : mapping
        The class's keyword arguments. SQL in them may hold placeholders:
        ``{<entity>}`` (see ``siblings``), ``{one_in}`` (see ``sampled_by``)
        and ``{as_of}`` (the date of analysis).
    tolerated_share : float
        The share of rows that may be wrong, 0-1.
    severity : {"blocking", "warning"}
        Whether a failure stops the run.
    reason : str
        What goes wrong downstream if it fails, and what to do.
    column : str, optional
        The column it is about.
    columns : tuple of str
        Every column it reads.
    siblings : mapping of str to tuple of str
        Other entities it reads, with their columns: a placeholder
        ``{customers}`` becomes a relation with the rows of every source's
        customers and the columns under the names ``known_<column>``.
    applies_without_siblings : bool
        Whether it is judged where no source has rows of its siblings.
    sampled_by : str, optional
        The column by whose hash a large relation is sampled, one in
        ``{one_in}``: all rows with the same value are in the sample or none.
    """

    name: str
    gx_class: str
    arguments: Mapping[str, Any]
    tolerated_share: float
    severity: Severity
    reason: str
    column: str | None = None
    columns: tuple[str, ...] = ()
    siblings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    applies_without_siblings: bool = False
    sampled_by: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"The expectation {self.name!r}: write its name in lower "
                "case with underscores."
            )
        if not self.reason.strip():
            raise ValueError(f"The expectation {self.name!r} has no reason.")

    @property
    def needs_as_of(self) -> bool:
        """Whether it can only be judged against a date of analysis."""
        return any("{as_of}" in str(text) for text in self.arguments.values())


@dataclass(frozen=True)
class Suite:
    """The expectations of one entity, or of the tables of a source."""

    name: str
    description: str
    expectations: tuple[Expectation, ...]

    def __post_init__(self) -> None:
        names = [expectation.name for expectation in self.expectations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"The suite {self.name!r} names {', '.join(twice)} twice: "
                "give one of them a name of its own."
            )


def not_null(
    column: str, *, at_least: float, severity: Severity, reason: str
) -> Expectation:
    """Expect a value in at least this share of the rows."""
    return Expectation(
        name=f"{column}_is_known",
        gx_class="ExpectColumnValuesToNotBeNull",
        arguments={"column": column, "mostly": at_least},
        tolerated_share=1 - at_least,
        severity=severity,
        reason=reason,
        column=column,
        columns=(column,),
    )


def all_values_fit_their_types(*, reason: str | None = None) -> Expectation:
    """Expect that at least 95 % of the rows could be cast; blocking."""
    return Expectation(
        name="values_fit_their_types",
        gx_class="ExpectColumnValuesToBeNull",
        arguments={"column": "cast_failures", "mostly": 0.95},
        tolerated_share=0.05,
        severity=BLOCKING,
        reason=reason
        or "Rows with a value that its type refuses are set aside, so more "
        "than 5 % of the delivery would be lost: read cast_failures in the "
        "staging view, then mend the export's formats or the casts of the "
        "staging model.",
        column="cast_failures",
        columns=("cast_failures",),
    )


def in_set(
    column: str,
    values: Sequence[object],
    *,
    at_least: float = 0.99,
    severity: Severity = WARNING,
    reason: str,
) -> Expectation:
    """Expect at least this share of the known values among these values."""
    return Expectation(
        name=(
            f"{column}_is_mostly_one_of_the_known_values"
            if severity == BLOCKING
            else f"{column}_is_one_of_the_known_values"
        ),
        gx_class="ExpectColumnValuesToBeInSet",
        arguments={
            "column": column,
            "value_set": list(values),
            "mostly": at_least,
        },
        tolerated_share=1 - at_least,
        severity=severity,
        reason=reason,
        column=column,
        columns=(column,),
    )


def between(
    column: str,
    lowest: float | None,
    highest: float | None,
    *,
    at_least: float = 0.99,
    severity: Severity = WARNING,
    reason: str,
) -> Expectation:
    """Expect at least this share of the known values from lowest to highest.

    ``None`` leaves that end open.
    """
    return Expectation(
        name=f"{column}_is_in_range",
        gx_class="ExpectColumnValuesToBeBetween",
        arguments={
            "column": column,
            "min_value": lowest,
            "max_value": highest,
            "mostly": at_least,
        },
        tolerated_share=1 - at_least,
        severity=severity,
        reason=reason,
        column=column,
        columns=(column,),
    )


def unique_in_delivery(
    *key: str, at_least: float = 0.9, severity: Severity, reason: str
) -> Expectation:
    """Expect at least this share of the keys of a delivery to be distinct.

    The same key in two deliveries is an update, and no fault.
    """
    parts = ", ".join(("delivery_id", *key))
    known = " and ".join(f"{column} is not null" for column in key)
    counted = f"{known} and {_sampled(key[0])}"
    return Expectation(
        name=f"{'_and_'.join(key)}_is_unique_in_delivery",
        gx_class="ExpectFewUnexpected",
        arguments={
            "unexpected": (
                f"count(*) filter (where {counted}) "
                f"- count(distinct case when {counted} then hash({parts}) end)"
            ),
            "checked": f"count(*) filter (where {counted})",
        },
        tolerated_share=1 - at_least,
        severity=severity,
        reason=reason,
        column=key[0],
        columns=("delivery_id", *key),
        sampled_by=key[0],
    )


def refers_to(
    entity: str,
    column: str,
    *,
    other_column: str | None = None,
    at_least: float = 0.95,
    severity: Severity = WARNING,
    is_needed: bool = False,
    reason: str,
) -> Expectation:
    """Expect at least this share of the known values in another entity.

    Where no source delivers rows of the other entity there is nothing to find
    them in: the expectation does not apply, or fails when it ``is_needed``.
    """
    other = other_column or column
    counted = (
        f"count(*) filter (where {column} is not null and {_sampled(column)}"
    )
    return Expectation(
        name=f"{column}_is_found_in_{entity}",
        gx_class="ExpectFewUnexpected",
        arguments={
            "unexpected": (
                f"{counted} and {column} not in (select known_{other} "
                f"from {{{entity}}} where known_{other} is not null "
                f"and {_sampled('known_' + other)}))"
            ),
            "checked": f"{counted})",
        },
        tolerated_share=1 - at_least,
        severity=severity,
        reason=reason,
        column=column,
        columns=(column,),
        siblings={entity: (other,)},
        applies_without_siblings=is_needed,
        sampled_by=column,
    )


def _sampled(column: str) -> str:
    return f"hash(cast({column} as varchar)) % {{one_in}} = 0"


def few_rows_where(
    name: str,
    condition: str,
    *,
    columns: Sequence[str],
    out_of: str = "true",
    at_most: float = 0.01,
    severity: Severity = WARNING,
    reason: str,
    siblings: Mapping[str, tuple[str, ...]] | None = None,
) -> Expectation:
    """Expect at most this share of rows where an SQL condition holds.

    ``out_of`` says, in SQL, which rows are counted at all.
    """
    return Expectation(
        name=name,
        gx_class="ExpectFewUnexpected",
        arguments={
            "unexpected": f"count(*) filter (where ({condition}))",
            "checked": f"count(*) filter (where ({out_of}))",
        },
        tolerated_share=at_most,
        severity=severity,
        reason=reason,
        column=columns[0] if columns else None,
        columns=tuple(columns),
        siblings=siblings or {},
    )


def count_at_most(
    name: str,
    *,
    unexpected: str,
    checked: str,
    tolerated_share: float = 0.0,
    columns: Sequence[str] = (),
    severity: Severity = WARNING,
    reason: str,
    siblings: Mapping[str, tuple[str, ...]] | None = None,
    applies_without_siblings: bool = False,
) -> Expectation:
    """Expect one SQL aggregate to be at most a share of another.

    Both are aggregates over the relation. Where ``checked`` is 0 there is
    nothing to judge, and the expectation passes.
    """
    return Expectation(
        name=name,
        gx_class="ExpectFewUnexpected",
        arguments={"unexpected": unexpected, "checked": checked},
        tolerated_share=tolerated_share,
        severity=severity,
        reason=reason,
        column=columns[0] if columns else None,
        columns=tuple(columns),
        siblings=siblings or {},
        applies_without_siblings=applies_without_siblings,
    )
