"""The suite of a table as delivered: its columns, its size and its age.

One suite serves every raw table; what differs (the columns a connector reads,
the column that holds the business date) comes in as parameters. Size and age
are read from the ledger ``meta.deliveries``, age against the date of analysis,
never against the clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from expectations.vocabulary import (
    BLOCKING,
    WARNING,
    Expectation,
    Suite,
    count_at_most,
)

RAW_SUITE = "raw_tables"


def raw_table_suite(
    source: str,
    table: str,
    *,
    required_columns: Sequence[str],
    date_column: str | None = None,
    max_age_days: int = 45,
) -> Suite:
    """Return the suite of one raw table.

    Parameters
    ----------
    source, table : str
        As in ``meta.deliveries``: ``source`` and ``table_name``.
    required_columns : sequence of str
        The columns the connector's staging model reads.
    date_column : str, optional
        The column with the business date, as text or as a date.
    max_age_days : int
        How old, in days before the date of analysis, the newest delivery and
        the newest business date may be.
    """
    expectations = [
        _has_columns(required_columns),
        _is_not_shrinking(source, table),
        _is_delivered_lately(source, table, max_age_days),
    ]
    if date_column is not None:
        expectations.append(_reaches_the_present(date_column, max_age_days))
    return Suite(
        name=RAW_SUITE,
        description=(
            "Every table as delivered: required columns, size against the "
            "delivery before, age against the date of analysis."
        ),
        expectations=tuple(expectations),
    )


def _has_columns(required_columns: Sequence[str]) -> Expectation:
    return Expectation(
        name="required_columns_are_there",
        gx_class="ExpectTableColumnsToMatchSet",
        arguments={
            "column_set": list(required_columns),
            "exact_match": False,
        },
        tolerated_share=0.0,
        severity=BLOCKING,
        reason=(
            "The staging model reads these columns and cannot be built "
            "without them: ask the sender for the column, or, if it was "
            "renamed, change the staging model and its sources.yml."
        ),
    )


def _is_not_shrinking(source: str, table: str) -> Expectation:
    """Compare the newest loaded delivery with the one before it."""

    def rows_of(place: int) -> str:
        return (
            f"(select count_rows {_loaded_deliveries(source, table)} "
            "order by delivered_at desc, delivery_id desc "
            f"limit 1 offset {place - 1})"
        )

    newest, previous = rows_of(1), rows_of(2)
    return count_at_most(
        "newest_delivery_is_not_half_of_the_one_before",
        unexpected=f"coalesce(max(greatest({previous} - {newest}, 0)), 0)",
        checked=f"coalesce(max({previous}), 0)",
        tolerated_share=0.5,
        severity=WARNING,
        reason=(
            "A delivery with less than half the rows of the one before is "
            "often a broken export, and KPIs would fall for no reason in the "
            "business: ask the sender; if the smaller size is right, nothing "
            "needs to be done."
        ),
    )


def _is_delivered_lately(
    source: str, table: str, max_age_days: int
) -> Expectation:
    newest = f"(select max(delivered_at) {_loaded_deliveries(source, table)})"
    return count_at_most(
        "newest_delivery_is_recent",
        unexpected=_days_before_as_of(f"max({newest})"),
        checked=str(max_age_days),
        tolerated_share=1.0,
        severity=WARNING,
        reason=(
            "The newest delivery is older than the date of analysis allows, "
            "so personas and KPIs describe the past: ask the sender, or "
            "choose an earlier as_of_date."
        ),
    )


def _reaches_the_present(column: str, max_age_days: int) -> Expectation:
    quoted = '"' + column.replace('"', '""') + '"'
    escaped = quoted.replace("{", "{{").replace("}", "}}")
    return count_at_most(
        "newest_business_date_is_recent",
        unexpected=_days_before_as_of(f"max(try_cast({escaped} as timestamp))"),
        checked=str(max_age_days),
        tolerated_share=1.0,
        columns=(column,),
        severity=WARNING,
        reason=(
            "The newest business date in the table is older than the date "
            "of analysis allows, so everybody looks inactive: ask the sender "
            "for the missing days, or choose an earlier as_of_date."
        ),
    )


def _loaded_deliveries(source: str, table: str) -> str:
    """Name the table with or without its source, as ledgers do."""
    return (
        f"from meta.deliveries where source = '{source}' "
        f"and table_name in ('{table}', '{source}__{table}') "
        "and outcome = 'loaded'"
    )


def _days_before_as_of(newest: str) -> str:
    return (
        "coalesce(greatest("
        f"date_diff('day', cast({newest} as date), {{as_of}}), 0), 0)"
    )
