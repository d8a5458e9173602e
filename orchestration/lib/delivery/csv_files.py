"""CSV, in one dialect: comma, double quote, one header line, UTF-8.

A quote inside a quoted field is written twice. All columns are text. DuckDB
alone does not suffice: it loads a quarter of all cut files without a word, and
it reads no row at all from some files whose line ends differ from what it was
told. So the records are looked through and counted here first.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from orchestration.lib.delivery.outcomes import RefusedError
from orchestration.lib.delivery.plans import (
    TEXT,
    Plan,
    check_columns,
    path_literal,
)
from orchestration.lib.delivery.text_files import (
    reader_options,
    too_long,
    whole_lines,
)
from orchestration.lib.source_specs import TableSpec

MAX_RECORD_BYTES = 2_000_000
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
NOT_THE_DIALECT = (
    "is not in the dialect that is read: commas, double quotes, a quote "
    "inside a field written twice, UTF-8. Export it again."
)
_QUOTED = rb'"[^"]*(?:""[^"]*)*"'
_FIELD = rb'(?:%s|[^",\n]*)' % _QUOTED
_RECORD = re.compile(rb"%s(?:,%s)*\r?\n" % (_FIELD, _FIELD))
_Record = tuple[int, bytes]  # number of its first line, and its bytes


def plan_csv(path: Path, table: TableSpec) -> Plan:
    """Return how a CSV file is read into a table, or refuse it."""
    records = _records(path)
    header = next(records)
    names = _header_names(header[1], table)
    undeclared = check_columns(names, table)
    count_records, is_crlf = count_records_of(
        chain([header], records), len(names)
    )
    columns = ", ".join(f"'c{i}': '{TEXT}'" for i in range(len(names)))
    # DuckDB 2.0 reads no row, and says nothing, from files with CRLF when it
    # is told new_line; with LF it must be told, for it believes the first
    # line end that it meets, also one inside a field.
    new_line = "" if is_crlf else r"new_line = '\n', "
    return Plan(
        relation=(
            f"read_csv({path_literal(path)}, columns = {{{columns}}}, "
            "auto_detect = false, header = true, delim = ',', quote = '\"', "
            "escape = '\"', strict_mode = true, null_padding = false, "
            "ignore_errors = false, nullstr = '', allow_quoted_nulls = false, "
            f"encoding = 'utf-8', {new_line}{reader_options(path)})"
        ),
        columns={
            name: (f"c{names.index(name)}", TEXT)
            for name in table.column_names
            if name in names
        },
        count_rows=count_records - 1,
        undeclared=undeclared,
    )


def count_records_of(
    records: Iterable[_Record], count_columns: int
) -> tuple[int, bool]:
    """Return how many records there are, and whether lines end in CRLF.

    Blank lines are no records, unless there is but one column.
    """
    count_records = count_ends = count_crlf = count_cr = 0
    for number, record in records:
        count_ends += 1
        outside = re.sub(_QUOTED, b"", record) if b'"' in record else record
        if b"\r" in outside:
            count_cr += outside.count(b"\r")
            count_crlf += outside.endswith(b"\r\n")
        if count_columns > 1 and record in (b"\n", b"\r\n"):
            continue
        count_records += 1
        count_fields = outside.count(b",") + 1
        if count_fields != count_columns:
            raise RefusedError(
                f"is ragged: line {number} has {count_fields} fields, not the "
                f"{count_columns} of the header. Put fields that hold a comma "
                "in quotes, or mend that line."
            )
    if count_cr != count_crlf or count_crlf not in (0, count_ends):
        raise RefusedError(
            f"mixes line ends ({count_crlf} CRLF, {count_ends - count_crlf} "
            f"LF, {count_cr - count_crlf} CR): save it with one kind, or "
            "quote the fields that hold line ends."
        )
    return count_records, count_crlf > 0


def _records(path: Path) -> Iterator[_Record]:
    """Yield the records of a file: lines, joined where quotes are open."""
    record = bytearray()
    first = 0
    for number, line in enumerate(whole_lines(path, MAX_RECORD_BYTES), 1):
        if not record and b'"' not in line:
            yield number, line
            continue
        first = first if record else number
        is_open = bool(record) != bool(line.count(b'"') % 2)
        record += line
        if len(record) > MAX_RECORD_BYTES:
            raise too_long(MAX_RECORD_BYTES, number)
        if is_open:
            continue
        if not _RECORD.fullmatch(record):
            raise _stray_quote(bytes(record), first)
        yield first, bytes(record)
        record.clear()
    if record:
        raise RefusedError(
            f"ends inside a quoted field of the record of line {first}: it is "
            "half-written, or a quote is missing. Deliver it again, whole; a "
            "quote inside a field is written twice."
        )


def _stray_quote(record: bytes, number: int) -> RefusedError:
    separator = re.search(rb'"([;\t|])"', record)
    if number == 1 and separator:
        return _other_separator(separator[1].decode())
    return RefusedError(
        f"has a quote inside a field on line {number}: put the whole field in "
        "quotes, without spaces around them, and write a quote inside it twice "
        '("5"" pipe"), not with a backslash.'
    )


def _header_names(header: bytes, table: TableSpec) -> list[str]:
    """Return the column names of a CSV's first record."""
    text = header.decode("utf-8").removesuffix("\n").removesuffix("\r")
    if not text:
        raise RefusedError(
            "has an empty first line: begin the file with the column names."
        )
    if "\n" in text or "\r" in text:
        raise RefusedError(
            "has a line break inside a column name: write the header on one "
            "line."
        )
    csv.field_size_limit(MAX_RECORD_BYTES)
    names = next(csv.reader([text]))
    declared = set(table.column_names)
    found = len(declared & set(names))
    for separator in SEPARATORS:
        others = [name.strip(' "') for name in text.split(separator)]
        is_alone = len(names) == 1 and not found and len(others) > 1
        if is_alone or len(declared & set(others)) > found:
            raise _other_separator(separator)
    return names


def _other_separator(separator: str) -> RefusedError:
    return RefusedError(
        f"is separated by {SEPARATORS[separator]}, not by commas: export it "
        "as CSV with commas (in Python: df.to_csv(path, index=False))."
    )
