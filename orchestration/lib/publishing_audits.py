"""The audits that stand between a written file and its publication.

The audits of structure look at columns only. They run before a row is copied,
so that personal data never reach the new file, and again on what was written,
beside the audits of its rows. Every audit answers with a sentence; a failure
names the table, the column and the mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb

from orchestration.lib.publishing_tables import (
    CUSTOMER_KEY,
    DeclaredColumn,
    PublishedTable,
    Reconciliation,
    published_name,
    quoted,
)

# Columns that name a person or let one be found, and free text that may. A
# text column that ends with one of them (billing_email) is one too.
_PERSONAL = """
    customer_id customer_name full_name first_name last_name middle_name
    maiden_name surname birth_date date_of_birth birthday
    email e_mail email_address phone phone_number mobile mobile_number fax
    address street house_number postal_code postcode zip zip_code
    latitude longitude ip ip_address device_id cookie_id
    user_name username login identifier_value loyalty_card account_number
    card_number iban tax_id national_id passport_number
    answer_text interaction_text review_text ticket_text
"""
PERSONAL_COLUMNS = frozenset(_PERSONAL.split())

_PLAIN = """
    BOOLEAN TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT
    FLOAT DOUBLE DECIMAL VARCHAR UUID DATE TIME
    TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS
"""
PLAIN_TYPES = frozenset([*_PLAIN.split(), "TIMESTAMP WITH TIME ZONE"])
REQUIRED_COLUMNS = {"run_id": "VARCHAR", "as_of_date": "DATE"}


@dataclass(frozen=True)
class Audit:
    """One audit of one table: its name, its verdict and a sentence."""

    name: str
    table: str
    is_passed: bool
    sentence: str
    column: str | None = None


def structure_audits(
    table: PublishedTable, columns: Mapping[str, str]
) -> Iterator[Audit]:
    """Audit the columns (name to DuckDB type) a table is published with."""
    name = table.name
    declared = {published_name(c): d for c, d in table.columns.items()}

    yield from _verdict(
        "personal_data",
        name,
        [
            (column, "holds personal data: drop it from the model.")
            for column, data_type in columns.items()
            if _is_personal(column, data_type)
            or (
                column in declared
                and declared[column].is_personal
                and column != CUSTOMER_KEY
            )
        ],
        "no column is flagged or named as personal data",
    )
    yield from _verdict(
        "plain_types",
        name,
        [
            (
                column,
                f"is {data_type}, which BI tools do not read: cast it to "
                "bigint, decimal or varchar, or unnest it, in the model.",
            )
            for column, data_type in columns.items()
            if not _is_plain(data_type)
        ],
        "every column has a plain type",
    )
    yield from _verdict(
        "contract",
        name,
        _contract_faults(declared, columns),
        f"{len(columns)} columns are as the yml declares",
    )
    for column, data_type in REQUIRED_COLUMNS.items():
        if columns.get(column) != data_type:
            fault = (
                f"is {columns[column]}: cast it to {data_type.lower()}."
                if column in columns
                else f"is missing: add it, a {data_type.lower()}, to the model."
            )
            yield from _verdict(column, name, [(column, fault)], "")
    key_faults = [
        (column, "is in meta.primary_key but not in the table: mend the yml.")
        for column in table.primary_key
        if column not in columns
    ]
    if not table.primary_key:
        key_faults = [
            ("primary_key", "is missing in the model's config.meta: list it.")
        ]
    if key_faults:
        yield from _verdict("primary_key", name, key_faults, "")


def data_audits(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    run_id: str,
    as_of_date: date,
) -> Iterator[Audit]:
    """Audit the rows of one table in the file that is being built."""
    name = table.name
    keys = [quoted(column) for column in table.primary_key]
    key_text = ", ".join(table.primary_key)
    null_keys = " or ".join(f"{key} is null" for key in keys)

    def count(sql: str) -> int:
        return int(connection.execute(sql).fetchall()[0][0])

    count_null = count(f"select count(*) from {table.target} where {null_keys}")
    count_repeated = count(
        f"select count(*) from (select 1 from {table.target} "
        f"group by {', '.join(keys)} having count(*) > 1)"
    )
    faults = []
    if count_null:
        faults.append(
            (key_text, f"is null in {count_null} rows: mend the model's keys.")
        )
    if count_repeated:
        faults.append(
            (
                key_text,
                f"repeats for {count_repeated} keys: the model's grain is not "
                "what meta.primary_key says; mend one of them.",
            )
        )
    yield from _verdict(
        "primary_key", name, faults, f"{key_text} is never null and unique"
    )

    for column, expected, mend in (
        ("run_id", run_id, "build all models again in this one run."),
        ("as_of_date", as_of_date, "build all models again as of one day."),
    ):
        others = connection.execute(
            f"select {column}, count(*) from {table.target} "
            f"where {column} is distinct from ? group by 1 order by 2 desc",
            [expected],
        ).fetchall()
        yield from _verdict(
            column,
            name,
            [
                (column, f"is {value} in {n} rows, not {expected}: {mend}")
                for value, n in others[:3]
            ],
            f"every row has {column} {expected}",
        )

    count_source = count(f"select count(*) from {table.source}")
    count_target = count(f"select count(*) from {table.target}")
    faults = []
    if count_source != count_target:
        faults.append(
            (
                "rows",
                f"number {count_target}, but {count_source} in the warehouse: "
                "publish again, and report it as a defect if it stays.",
            )
        )
    yield from _verdict(
        "row_count", name, faults, f"{count_target} rows, as in the warehouse"
    )
    for reconciliation in table.reconciliations:
        yield from _reconcile(connection, table, reconciliation)


def persona_sum_audit(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[PublishedTable]
) -> Iterator[Audit]:
    """Audit that the sizes of the personas sum to the customers assigned."""
    by_name = {table.name: table for table in tables}
    if {"personas", "customer_personas"} <= by_name.keys():
        yield from _reconcile(
            connection,
            by_name["personas"],
            Reconciliation(
                "count_customers",
                f"select count(*) from {by_name['customer_personas'].target}",
                where=(
                    "parent_persona_id is null"
                    if "parent_persona_id" in by_name["personas"].columns
                    else "true"
                ),
            ),
            audit="persona_sums",
        )


def _reconcile(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    rule: Reconciliation,
    audit: str = "reconcile",
) -> Iterator[Audit]:
    by = "".join(f"{quoted(column)}, " for column in rule.by)
    join = (
        f"full join expected using ({by[:-2]})" if by else "cross join expected"
    )
    groups = f"group by {by[:-2]}" if by else ""
    faults = []
    try:
        rows = connection.execute(
            f"""
            with
            published as (
                select {by} cast(sum({quoted(rule.column)}) as double) as total
                from {table.target} where {rule.where} {groups}
            ),
            expected as (
                select {by} cast(total as double) as total
                from ({rule.to}) as answer ({by} total)
            )
            select
                {by}
                coalesce(published.total, 0),
                coalesce(expected.total, 0)
            from published {join}
            where abs(
                coalesce(published.total, 0) - coalesce(expected.total, 0)
            ) > ?
            order by all
            """,
            [rule.tolerance],
        ).fetchall()
    except duckdb.Error as error:
        faults.append(
            (
                rule.column,
                "cannot be reconciled, its SQL fails: mend meta.reconcile "
                f"({str(error).splitlines()[0]})",
            )
        )
    else:
        for *group, published, expected in rows[:3]:
            where = "".join(
                f" where {column} is {value}"
                for column, value in zip(rule.by, group, strict=True)
            )
            faults.append(
                (
                    rule.column,
                    f"sums to {published:.15g}{where}, but {expected:.15g} is "
                    f"what this gives: {rule.to.strip()}. Mend the model: rows "
                    f"are lost or doubled ({len(rows)} sums differ).",
                )
            )
    yield from _verdict(
        audit,
        table.name,
        faults,
        f"sum of {rule.column} equals {rule.to.strip()}",
    )


def _contract_faults(
    declared: Mapping[str, DeclaredColumn], columns: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for column, data_type in columns.items():
        if column not in declared:
            yield column, f"({data_type}) is not in the yml: describe it there."
            continue
        promised = declared[column].data_type
        if promised is None:
            yield column, f"has no data_type in the yml: write {data_type}."
        elif _canonical(promised) != data_type and column != CUSTOMER_KEY:
            yield (
                column,
                f"is {data_type}, but the yml declares {promised}: cast it in "
                "the model or mend the yml.",
            )
    for column in declared:
        if column not in columns:
            yield column, "is in the yml, but not in the table: run dbt build."


@cache
def _canonical(data_type: str) -> str:
    """Return DuckDB's own name of a type; the name given where unknown."""
    with duckdb.connect() as connection:
        try:
            rows = connection.execute(
                f"select typeof(cast(null as {data_type}))"
            ).fetchall()
        except duckdb.Error:
            return data_type
    return str(rows[0][0])


def _is_plain(data_type: str) -> bool:
    base = data_type.partition("(")[0]
    return base in PLAIN_TYPES and not data_type.endswith("]")


def _is_personal(column: str, data_type: str) -> bool:
    return column in PERSONAL_COLUMNS or (
        data_type == "VARCHAR"
        and any(column.endswith(f"_{name}") for name in PERSONAL_COLUMNS)
    )


def _verdict(
    audit: str,
    table: str,
    faults: Iterable[tuple[str, str]],
    passed: str,
) -> Iterator[Audit]:
    failed = [
        Audit(audit, table, False, f"{audit}: {table}.{column} {fault}", column)
        for column, fault in faults
    ]
    if failed:
        yield from failed
    else:
        yield Audit(audit, table, True, f"{audit}: {table}: {passed}.")
