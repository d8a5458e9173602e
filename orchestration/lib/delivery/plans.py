"""How one file is read in SQL: what the readers of all formats share.

Columns are found by their name in the file, never by their position. Where an
optional column is missing and an undeclared one has nearly its name, the file
is refused: a slip in a header would lose a column's data in silence.
"""

from __future__ import annotations

import difflib
import glob
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.lib.delivery.outcomes import RefusedError
from orchestration.lib.source_specs import TableSpec

TEXT = "VARCHAR"


@dataclass(frozen=True)
class Plan:
    """A relation to read a file by, and how many rows must come of it.

    ``columns`` maps each declared column that the file brings to its
    expression over the relation and its type.
    """

    relation: str
    columns: dict[str, tuple[str, str]]
    count_rows: int
    undeclared: tuple[str, ...]


def check_columns(names: Sequence[str], table: TableSpec) -> tuple[str, ...]:
    """Return the undeclared columns; refuse missing and misnamed ones."""
    problems = [
        f"the column {shown(name)} is there {count} times; keep one"
        for name, count in Counter(names).items()
        if count > 1 and name.strip()
    ]
    undeclared = [name for name in names if name not in table.column_names]
    by_key = {_squashed(name): name for name in undeclared}
    for column in table.columns:
        if column.name in names:
            continue
        # A hint may be further off than what refuses the file.
        cutoff = 0.6 if column.is_required else 0.8
        near = difflib.get_close_matches(
            _squashed(column.name), by_key, 1, cutoff
        )
        found = shown(by_key[near[0]]) if near else ""
        if column.is_required:
            mend = f"did you mean {found}? Rename it to {column.name}"
            problems.append(
                f"the required column {column.name} is missing: "
                f"{mend if near else 'add it'}"
            )
        elif near:
            problems.append(
                f"the column {found} looks like {column.name}, which is "
                f"missing; rename it to {column.name}, or declare it in "
                f"_{table.source}__sources.yml under its own name"
            )
    if not problems and len(undeclared) == len(names):
        problems.append(
            f"no column of the table {table.name} is there; it has "
            f"{', '.join(table.column_names)}"
        )
    if problems:
        raise RefusedError("; ".join(problems).rstrip(".") + ".")
    return tuple(undeclared)


def _squashed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower() or name


def quoted(name: str) -> str:
    """Return any name as an identifier of SQL."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def text_literal(text: str) -> str:
    """Return any text as a literal of SQL."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def path_literal(path: Path) -> str:
    """Return a path as a literal that DuckDB does not take as a pattern."""
    return text_literal(glob.escape(str(path)))


def shown(name: str) -> str:
    """Return a name from a file as it may stand in a message."""
    return repr(name if len(name) <= 60 else name[:57] + "...")
