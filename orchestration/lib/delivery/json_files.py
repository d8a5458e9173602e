"""JSON lines: one object per line. Columns are keys, all read as text."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from orchestration.lib.delivery.outcomes import RefusedError
from orchestration.lib.delivery.plans import (
    TEXT,
    Plan,
    check_columns,
    path_literal,
    quoted,
    text_literal,
)
from orchestration.lib.delivery.text_files import (
    begins_with_mark,
    reader_options,
    whole_lines,
)
from orchestration.lib.source_specs import TableSpec

MAX_RECORD_BYTES = 16_000_000


def plan_json(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: TableSpec,
    scratch: Path,
) -> Plan:
    """Return how a file of JSON lines is read into a table, or refuse it.

    DuckDB's JSON reader knows no byte order mark; of a file that begins with
    one it reads a copy in the folder ``scratch``.
    """
    count_rows = _count_records(path)
    if begins_with_mark(path):
        copy = scratch / "without_mark.jsonl"
        with copy.open("wb") as file:
            file.writelines(whole_lines(path, MAX_RECORD_BYTES))
        path = copy
    options = reader_options(path)
    # One scan: the keys of all objects, and null for what is no object.
    keys = connection.execute(
        "select distinct unnest(case when json_type(json) = 'OBJECT' "
        "then json_keys(json) else [null] end) as name "
        f"from read_ndjson_objects({path_literal(path)}, {options}) "
        "order by name"
    ).fetchall()
    names = [row[0] for row in keys]
    if None in names:
        raise RefusedError(explain_json(path))
    if not names:
        raise RefusedError(
            "holds no record, so its columns cannot be known: deliver it when "
            "there are records, or deliver a CSV with its header alone."
        )
    undeclared = check_columns(names, table)
    found = [name for name in table.column_names if name in names]
    columns = ", ".join(f"{text_literal(name)}: '{TEXT}'" for name in found)
    return Plan(
        relation=(
            f"read_json({path_literal(path)}, columns = {{{columns}}}, "
            "format = 'newline_delimited', records = true, "
            f"ignore_errors = false, {options})"
        ),
        columns={name: (quoted(name), TEXT) for name in found},
        count_rows=count_rows,
        undeclared=undeclared,
    )


def explain_json(path: Path) -> str:
    """Name the first line that is no JSON object."""
    bad = (
        f"line {number}"
        for number, line in enumerate(whole_lines(path, MAX_RECORD_BYTES), 1)
        if line.strip() and not _is_object(line)
    )
    return (
        f"is no JSON lines: {next(bad, 'some line')} is not one whole JSON "
        "object with each key once. Write one object per line, without a list "
        "around them."
    )


def _count_records(path: Path) -> int:
    lines = whole_lines(path, MAX_RECORD_BYTES)
    return sum(line not in (b"\n", b"\r\n") for line in lines)


def _is_object(line: bytes) -> bool:
    try:
        pairs = json.loads(line, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return False
    is_object = line.lstrip().startswith(b"{")
    return is_object and len(dict(pairs)) == len(pairs)
