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
MOST_NAMED = 12


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
    misfits = _misfits(names, undeclared, table)
    if not problems and not misfits and len(undeclared) == len(names):
        problems.append(
            f"no column of the table {table.name} is there; it has "
            f"{', '.join(table.column_names)}"
        )
    said = ["; ".join([*problems, *misfits])]
    if misfits:
        said.append(
            "Add what is missing; rename what has another name, or declare it "
            f"under its own name in _{table.source}__sources.yml"
        )
        others = [one for one in map(shown, undeclared) if one not in said[0]]
        if others:
            more = " and more" if len(others) > MOST_NAMED else ""
            listed = ", ".join(others[:MOST_NAMED])
            said.append(f"Not declared there: {listed}{more}")
    if problems or misfits:
        raise RefusedError(". ".join(said).rstrip(".") + ".")
    return tuple(undeclared)


def _misfits(
    names: Sequence[str], undeclared: Sequence[str], table: TableSpec
) -> list[str]:
    """Return what is missing or seems to have another name, in words."""
    found = []
    for column in table.columns:
        if column.name in names:
            continue
        # A hint may be further off than what refuses the file.
        near = _nearest(
            column.name, undeclared, table, 0.6 if column.is_required else 0.8
        )
        if column.is_required:
            hint = "" if near is None else f" (did you mean {shown(near)}?)"
            found.append(f"the required column {column.name} is missing{hint}")
        elif near is not None:
            found.append(
                f"the column {shown(near)} looks like {column.name}, which is "
                "missing"
            )
    return found


def _nearest(
    column: str, undeclared: Sequence[str], table: TableSpec, cutoff: float
) -> str | None:
    """Return the undeclared name that is nearest to a column, if any is near.

    A name that is nearer to another column of the table is none.
    """
    by_key = {_squashed(name): name for name in undeclared}
    columns = {_squashed(one): one for one in table.column_names}
    for key in difflib.get_close_matches(_squashed(column), by_key, 3, cutoff):
        (own,) = difflib.get_close_matches(key, columns, 1, 0)
        if columns[own] == column:
            return by_key[key]
    return None


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
