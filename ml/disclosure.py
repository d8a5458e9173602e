"""Disclosure: which cells of a published table are hidden.

A number that counts a handful of people is theirs. Leaving it out is not
enough: where a total is known, the total less what is shown gives it back, and
totals along and across can be combined. So other cells are hidden with it,
until no combination of published sums gives a small cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.columns import FloatArray

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """Cells that sum up to a total which readers know or can work out.

    Attributes
    ----------
    cells : tuple of int
        Positions of the cells.
    is_disjoint : bool
        Whether nobody counts in two of them; else the sum is one of amounts
        of money or orders, and two small cells may be the same few people.
    is_told : bool
        Whether the total is published even if all its cells are hidden; else
        it can only be worked out from one that is shown.
    whole : int, optional
        The one of the cells that the others sum up to.
    """

    cells: tuple[int, ...]
    is_disjoint: bool = True
    is_told: bool = True
    whole: int | None = None


def hide_cells(
    counts: FloatArray,
    lines: Sequence[Line],
    *,
    floor: int,
    is_small: BoolArray | None = None,
    chains: Sequence[Sequence[int]] = (),
) -> BoolArray:
    """Return which cells are hidden.

    Small cells are; then, the smallest first, as many others as it takes so
    that on every line what is hidden counts the floor together, and no small
    cell is determined by the sums of all lines.

    Parameters
    ----------
    counts : array of float, shape (n,)
        People in each cell.
    lines : sequence of Line
        What sums up to known totals.
    floor : int
        Fewest people a shown cell may count.
    is_small : array of bool, shape (n,), optional
        Cells that are hidden whatever they count, because what they leave out
        is small, say.
    chains : sequence of sequence of int
        Cells of which everything behind the first hidden one is hidden:
        running totals, in which a gap could be read off.

    Returns
    -------
    array of bool, shape (n,)

    References
    ----------
    Willenborg & de Waal (2001), Elements of Statistical Disclosure Control,
    ch. 2 (secondary suppression).
    """
    counts = np.asarray(counts, dtype=np.float64)
    small = counts < floor
    if is_small is not None:
        small = small | is_small
    # That nobody is in a cell need not be kept: it protects no one either.
    small = small & (counts > 0)
    hidden = small | (counts == 0)
    # Each round hides one cell more at least.
    for _ in range(len(counts) + 1):
        more = _behind(hidden, chains) | _too_few(counts, hidden, lines, floor)
        if not (more & ~hidden).any():
            more = _neighbours(counts, hidden, lines, small)
        if not (more & ~hidden).any():
            break
        hidden = hidden | more
    return np.asarray(hidden, dtype=bool)


def determined_cells(
    hidden: BoolArray, counts: FloatArray, lines: Sequence[Line]
) -> BoolArray:
    """Return the hidden cells that the sums of the lines determine.

    A cell is determined when its own unit vector is a combination of the
    lines, as far as they are known: no other cells can make up for it.
    """
    unknown = np.flatnonzero(hidden & (counts > 0))
    place = {int(cell): number for number, cell in enumerate(unknown)}
    found = np.zeros(len(hidden), dtype=bool)
    rows = []
    for line in lines:
        if not line.is_told and all(hidden[cell] for cell in line.cells):
            continue
        inside = [place[cell] for cell in line.cells if cell in place]
        if inside:
            row = np.zeros(len(unknown))
            row[inside] = 1
            if line.whole is not None and line.whole in place:
                row[place[line.whole]] = -1
            rows.append(row)
    if not rows:
        return found
    _, sizes, directions = np.linalg.svd(np.array(rows), full_matrices=False)
    spanned = directions[sizes > 1e-9 * sizes[0]]
    found[unknown] = (spanned**2).sum(axis=0) > 1 - 1e-9
    return found


def _behind(hidden: BoolArray, chains: Sequence[Sequence[int]]) -> BoolArray:
    more = np.zeros_like(hidden)
    for chain in chains:
        cells = np.asarray(chain, dtype=int)
        more[cells[np.logical_or.accumulate(hidden[cells])]] = True
    return more


def _too_few(
    counts: FloatArray,
    hidden: BoolArray,
    lines: Sequence[Line],
    floor: int,
) -> BoolArray:
    more = np.zeros_like(hidden)
    for line in lines:
        cells = np.asarray(line.cells, dtype=int)
        inside = counts[cells[hidden[cells]]]
        shown = cells[~hidden[cells]]
        if not len(shown) or not inside.any():
            continue
        concealed = inside.sum() if line.is_disjoint else inside.max()
        if concealed < floor:
            more[_smallest(counts, shown)] = True
    return more


def _neighbours(
    counts: FloatArray,
    hidden: BoolArray,
    lines: Sequence[Line],
    small: BoolArray,
) -> BoolArray:
    """Return shown cells beside those that the lines give away.

    A line keeps a cell where another cell on it is not determined itself. So
    first come lines on which a small cell is alone, then those which give
    away a cell that was hidden with a small one, then all others.
    """
    determined = determined_cells(hidden, counts, lines)
    exposed = determined & small
    if not exposed.any():
        return np.zeros_like(hidden)
    others = determined & ~small
    is_open = hidden & (counts > 0) & ~determined
    found = []
    for line in lines:
        cells = np.asarray(line.cells, dtype=int)
        shown = cells[~hidden[cells]]
        if not len(shown):
            continue
        is_small, is_other = exposed[cells].any(), others[cells].any()
        if is_open[cells].any():
            stage = 3
        else:
            stage = 2 if is_small and is_other else int(is_other)
        if is_small or is_other:
            found.append((stage, _smallest(counts, shown)))
    more = np.zeros_like(hidden)
    if found:
        first = min(stage for stage, _ in found)
        chosen = [cell for stage, cell in found if stage == first]
        # Combinations alone give it away: one cell more is tried at a time.
        if first == 3:
            chosen = [_smallest(counts, np.array(sorted(set(chosen))))]
        more[chosen] = True
    return more


def _smallest(counts: FloatArray, cells: NDArray[np.int_]) -> int:
    return int(cells[np.lexsort((cells, counts[cells]))[0]])
