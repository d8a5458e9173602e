"""Flows between personas: as many as can be told, and no few customers.

Most customers stay and few move, so most flows are small. How large each
persona was and is is published, so the sums of a table of flows are known along
and across, and a small flow is safe only where others are hidden with it. How
safe is asked of the hidden flows themselves: by how many customers could this
one be larger or smaller with no sum changed? Of small flows at least the floor
is asked. What is hidden of a persona is told in one sum, beside who stayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from ml.campaign_privacy import FLOOR
from ml.columns import MissingColumnError
from ml.disclosure import BoolArray

IntArray = NDArray[np.int64]

OTHER = "other"
SPAN = ["from_month_end", "month_end", "count_months"]
PAIR = ["from_persona_id", "to_persona_id"]
COUNT_COLUMNS = [*SPAN, *PAIR, "count_customers"]
FLOW_COLUMNS = [*COUNT_COLUMNS, "customer_share", "is_hidden"]


def judge_flows(counts: pd.DataFrame, *, floor: int = FLOOR) -> pd.DataFrame:
    """Return what may be told of who went where.

    Parameters
    ----------
    counts : DataFrame
        ``COUNT_COLUMNS``: customers by span, persona at its beginning and at
        its end; the persona 'other' stands for all whose size is not told.
    floor : int
        Fewest customers a number may count.

    Returns
    -------
    DataFrame
        ``FLOW_COLUMNS``. Of every persona at the beginning who stayed, flows
        that are told by themselves, and all further ones as one to 'other':
        rows sum to the persona. Where who stayed is hidden, so is that sum.

    Raises
    ------
    MissingColumnError
        When a column is missing.
    """
    for name in COUNT_COLUMNS:
        if name not in counts:
            raise MissingColumnError(
                f"Column '{name}' is missing from the flows between personas; "
                "select it in int_persona_flows."
            )
    rows = [
        dict(zip(SPAN, span, strict=True)) | row
        for span, own in counts.groupby(SPAN, sort=True)
        for row in _rows(
            own.pivot_table(
                index=PAIR[0],
                columns=PAIR[1],
                values="count_customers",
                aggfunc="sum",
                fill_value=0,
            ),
            floor,
        )
    ]
    flows = pd.DataFrame(rows, columns=FLOW_COLUMNS)
    return flows.astype({"count_customers": "Int64", "is_hidden": "bool"})


def _rows(table: pd.DataFrame, floor: int) -> Iterator[dict[str, Any]]:
    counts = table.to_numpy(dtype=np.int64)
    hidden = hide_flows(counts, floor=floor)
    for place, persona in enumerate(table.index):
        total = int(counts[place].sum())
        told = {
            name: int(count)
            for name, count, is_hidden in zip(
                table.columns, counts[place], hidden[place], strict=True
            )
            if not is_hidden and name != OTHER
        }
        rest = total - sum(told.values())
        if persona != OTHER and persona not in told:
            yield _row(persona, persona, None, total)
        for name, count in told.items():
            yield _row(persona, name, count, total)
        if rest > 0:
            is_told = rest >= floor and (
                bool(told) if persona == OTHER else persona in told
            )
            yield _row(persona, OTHER, rest if is_told else None, total)


def _row(
    persona: str, towards: str, count: int | None, total: int
) -> dict[str, Any]:
    return {
        "from_persona_id": persona,
        "to_persona_id": towards,
        "count_customers": count,
        "customer_share": None if count is None else count / total,
        "is_hidden": count is None,
    }


def hide_flows(counts: IntArray, *, floor: int = FLOOR) -> BoolArray:
    """Return which cells of a table with known sums are hidden.

    Small cells are, empty ones with them, and as many others, the smallest
    first, as it takes that every small cell could be another number: from the
    least to the most that it could be there are ``floor`` customers at least,
    for whoever knows all sums along and across and all that is shown. Where
    all is hidden and that is not enough, the sums alone tell it.

    Parameters
    ----------
    counts : ndarray of int, shape (rows, columns)
    floor : int
        Fewest customers a shown cell may count.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
    """
    hidden = counts < floor
    small = np.argwhere(hidden & (counts > 0))
    # What is hidden later only makes more room for those looked at before.
    for row, column in small:
        while room(counts, hidden, int(row), int(column)) < floor:
            more = _next_hidden(counts, hidden, int(row), int(column))
            if more is None:
                break
            hidden[more] = True
    return np.asarray(hidden, dtype=bool)


def room(counts: IntArray, hidden: BoolArray, row: int, column: int) -> int:
    """Return how many customers lie between the least and most of a cell.

    One more in a cell is one less in another hidden cell of its row, one more
    in the column of that one, and so on round to its own column: the most that
    can be sent round is a maximum flow.

    References
    ----------
    Gusfield (1988), A graph theoretic approach to statistical data security,
    SIAM J. Comput. 17(3), 552-571.
    """
    count_rows = len(counts)
    size = count_rows + counts.shape[1]
    capacity = np.zeros((size, size), dtype=np.int32)
    capacity[:count_rows, count_rows:] = np.where(hidden, counts.sum(), 0)
    capacity[count_rows:, :count_rows] = np.where(hidden, counts, 0).T
    here, there = row, count_rows + column
    capacity[here, there] = capacity[there, here] = 0
    graph = sparse.csr_matrix(capacity)
    more = csgraph.maximum_flow(graph, there, here).flow_value
    less = csgraph.maximum_flow(graph, here, there).flow_value
    return int(more + min(less, int(counts[row, column])))


def _next_hidden(
    counts: IntArray, hidden: BoolArray, row: int, column: int
) -> tuple[int, int] | None:
    """Return the smallest shown cell of the line that conceals less.

    Where that line shows none, of the other one, and then of the whole table.
    """
    concealed = np.where(hidden, counts, 0)
    lines = [np.zeros_like(hidden), np.zeros_like(hidden)]
    lines[0][row] = True
    lines[1][:, column] = True
    if concealed[:, column].sum() < concealed[row].sum():
        lines.reverse()
    for line in [*lines, np.ones_like(hidden)]:
        shown = np.argwhere(line & ~hidden)
        if len(shown):
            smallest = shown[np.argmin(counts[tuple(shown.T)])]
            return int(smallest[0]), int(smallest[1])
    return None
