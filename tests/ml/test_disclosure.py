"""What is hidden stays hidden, whatever is subtracted from whatever."""

from __future__ import annotations

import numpy as np
import pytest

from ml.disclosure import Line, determined_cells, hide_cells

FLOOR = 11


def grid(rows: int, columns: int, **options: bool) -> list[Line]:
    """Return the lines of a table whose cells are counted row by row."""
    cells = np.arange(rows * columns).reshape(rows, columns)
    along = [Line(tuple(row), **options) for row in cells.tolist()]
    return along + [Line(tuple(one), **options) for one in cells.T.tolist()]


def is_known(
    hidden: np.ndarray, counts: np.ndarray, lines: list[Line], cell: int
) -> bool:
    """Say whether all tables with the same sums have the same cell."""
    unknown = np.flatnonzero(hidden & (counts > 0)).tolist()
    rows = np.zeros((len(lines), len(unknown)))
    for number, line in enumerate(lines):
        for place, one in enumerate(unknown):
            if one in line.cells:
                rows[number, place] = -1 if one == line.whole else 1
    aim = np.eye(len(unknown))[unknown.index(cell)]
    weights = np.linalg.lstsq(rows.T, aim, rcond=None)[0]
    return bool(np.abs(rows.T @ weights - aim).max() < 1e-8)


def test_large_cells_are_shown():
    assert not hide_cells(np.full(12, 50.0), grid(3, 4), floor=FLOOR).any()


def test_a_small_cell_takes_the_next_smallest_with_it():
    counts = np.array([5, 40, 30, 90.0])
    hidden = hide_cells(counts, [Line((0, 1, 2, 3))], floor=FLOOR)
    assert hidden.tolist() == [True, False, True, False]


def test_two_small_cells_that_are_few_together_take_a_third():
    counts = np.array([3, 4, 30, 90.0])
    hidden = hide_cells(counts, [Line((0, 1, 2, 3))], floor=FLOOR)
    assert hidden.tolist() == [True, True, True, False]


def test_two_small_cells_that_are_enough_together_stand_alone():
    counts = np.array([6, 7, 30, 90.0])
    hidden = hide_cells(counts, [Line((0, 1, 2, 3))], floor=FLOOR)
    assert hidden.tolist() == [True, True, False, False]


def test_amounts_of_two_small_cells_may_be_the_same_few_people():
    counts = np.array([6, 7, 30, 90.0])
    lines = [Line((0, 1, 2, 3), is_disjoint=False)]
    assert hide_cells(counts, lines, floor=FLOOR)[2]


def test_nobody_protects_nobody():
    counts = np.array([0, 4, 30, 90.0])
    hidden = hide_cells(counts, [Line((0, 1, 2, 3))], floor=FLOOR)
    assert hidden.tolist() == [True, True, True, False]
    assert hide_cells(
        np.array([0, 40, 30.0]), [Line((0, 1, 2))], floor=FLOOR
    ).tolist() == [True, False, False]


def test_a_total_nobody_tells_gives_nothing_away():
    """All cells of a group are small: its total is not published either."""
    counts = np.array([5, 0, 0, 40, 50, 60.0])
    lines = [
        Line((0, 1, 2), is_told=False),
        Line((0, 3)),
        Line((1, 4)),
        Line((2, 5)),
    ]
    hidden = hide_cells(counts, lines, floor=FLOOR)
    assert hidden.tolist() == [True, True, True, True, False, False]


def test_a_whole_is_not_told_by_its_parts():
    """A category that is hidden beside another would be its parts' sum."""
    counts = np.array([4, 30, 50, 4, 20, 15, 30, 40])
    lines = [
        Line((0, 1, 2), is_disjoint=False),
        Line((0, 3), is_disjoint=False, whole=0),
        Line((1, 4, 5), is_disjoint=False, whole=1),
        Line((2, 6, 7), is_disjoint=False, whole=2),
    ]
    hidden = hide_cells(counts.astype(float), lines, floor=FLOOR)
    assert hidden[[0, 1, 3]].all()
    assert hidden[4] or hidden[5]
    assert not is_known(hidden, counts, lines, 0)
    assert not is_known(hidden, counts, lines, 3)


def test_a_chain_ends_at_its_first_gap():
    counts = np.array([100, 60, 5, 40, 50.0])
    hidden = hide_cells(counts, [], floor=FLOOR, chains=[[0, 1, 2, 3, 4]])
    assert hidden.tolist() == [False, False, True, True, True]


def test_a_cell_may_be_small_by_what_it_leaves_out():
    counts = np.array([995, 500, 400.0])
    hidden = hide_cells(
        counts,
        [Line((0, 1, 2))],
        floor=FLOOR,
        is_small=np.array([True, False, False]),
    )
    assert hidden.tolist() == [True, False, True]


@pytest.mark.parametrize("seed", range(40))
def test_no_small_cell_of_a_table_can_be_computed(seed: int):
    """Whatever combination of sums along and across is taken."""
    random = np.random.default_rng(seed)
    counts = random.negative_binomial(0.6, 0.01, 40).astype(float)
    lines = grid(5, 8, is_disjoint=bool(seed % 2))
    hidden = hide_cells(counts, lines, floor=FLOOR)
    small = np.flatnonzero((counts > 0) & (counts < FLOOR))
    assert hidden[small].all()
    for cell in small:
        assert not is_known(hidden, counts, lines, cell)
    for line in lines:
        cells = list(line.cells)
        inside = counts[cells][hidden[cells]]
        if seed % 2 and inside.any() and not hidden[cells].all():
            assert inside.sum() >= FLOOR


@pytest.mark.parametrize("seed", range(10))
def test_rules_for_lines_alone_would_not_be_enough(seed: int):
    """The cells that only a combination gives away are found."""
    random = np.random.default_rng(seed)
    counts = random.integers(1, 60, 30).astype(float)
    lines = grid(5, 6)
    hidden = counts < 25
    found = determined_cells(hidden, counts, lines)
    for cell in np.flatnonzero(hidden):
        assert found[cell] == is_known(hidden, counts, lines, cell)
