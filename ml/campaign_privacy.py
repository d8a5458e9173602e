"""Small cells of campaign tables: what is hidden, and what would give it back.

A row counts customers (treated, and those they are compared with) and, in its
figures, customers who bought and who did not, in both arms. Where one of these
counts fewer than the floor the row is hidden, and as the whole campaign is
published too, so are further rows, until what is hidden counts at least the
floor together and is more than one row. The verdict stays: it is said of all
treated and compared customers, and gives no count back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.columns import FloatArray

FLOOR = 11  # customers a published cell counts at least


def hide_small_cells(
    rows: list[dict[str, Any]], *, floor: int = FLOOR
) -> list[dict[str, Any]]:
    """Say of the rows of one campaign which must not show what they count.

    Parameters
    ----------
    rows : list of dict
        What `ml.campaign_effect` made of the personas of one campaign, or of
        one whole campaign: the columns, ``refusal`` (why there are no
        figures) and ``cells``, who bought and who did not in both arms.

    Returns
    -------
    list of dict
        The same rows with ``has_hidden_counts`` and ``has_hidden_figures``;
        hidden counts hide the figures too.
    """
    sizes = np.array([_sizes(row) for row in rows], dtype=np.float64)
    cells = np.array([row["cells"] for row in rows], dtype=np.float64)
    has_none = np.array([row["refusal"] is not None for row in rows])
    counts_hidden = hidden_rows(sizes, floor=floor)
    figures_hidden = hidden_rows(
        cells, floor=floor, hidden=counts_hidden | has_none
    )
    return [
        row
        | {
            "has_hidden_counts": bool(counts_hidden[place]),
            "has_hidden_figures": bool(figures_hidden[place]),
        }
        for place, row in enumerate(rows)
    ]


def hidden_rows(
    cells: FloatArray,
    *,
    floor: int = FLOOR,
    hidden: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Say which rows are hidden, so that totals do not give one back.

    Parameters
    ----------
    cells : ndarray, shape (rows, cells)
        Customers each row counts; nan where it does not show that cell.
    floor : int
        Fewest customers a cell may count.
    hidden : ndarray of bool, shape (rows,), optional
        Rows that are hidden anyway.

    Returns
    -------
    ndarray of bool, shape (rows,)
    """
    found = np.asarray((cells < floor).any(axis=1))
    if hidden is not None:
        found = np.asarray(found | hidden)
    cells = cells[:, ~np.isnan(cells).all(axis=0)]
    known = np.where(np.isnan(cells), 0.0, cells)
    order = np.argsort(known.min(axis=1, initial=np.inf), kind="stable")
    for place in order:
        if not found.any() or found.all():
            break
        concealed = known[found].sum(axis=0)
        is_enough = found.sum() > 1 and (concealed >= floor).all()
        if is_enough:
            break
        if not found[place]:
            found[place] = True
    return found


def _sizes(row: dict[str, Any]) -> list[float]:
    """Return the customers of both arms; an arm without any shows nothing."""
    return [
        row[name] if row[name] else math.nan
        for name in ("count_treated", "count_held_out", "count_matched")
    ]
