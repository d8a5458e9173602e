"""Flows that are told, and small ones that nothing told gives back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from ml.columns import MissingColumnError
from ml.evidence import FLOOR
from ml.flows import COUNT_COLUMNS, FLOW_COLUMNS, hide_flows, judge_flows, room

SPAN = {
    "from_month_end": pd.Timestamp("2025-06-30"),
    "month_end": pd.Timestamp("2026-06-30"),
    "count_months": 12,
}
# A year of a company of 4,600 customers: few move.
YEAR = [
    [903, 9, 14, 0, 0, 3, 0, 11],
    [8, 852, 0, 1, 1, 10, 0, 24],
    [4, 1, 674, 0, 5, 0, 3, 18],
    [4, 3, 0, 555, 7, 1, 0, 6],
    [1, 0, 6, 0, 553, 0, 1, 13],
    [0, 0, 0, 2, 0, 132, 0, 0],
    [0, 0, 10, 0, 1, 0, 326, 45],
]


def counts_of(table: np.ndarray, *, has_other: bool = False) -> pd.DataFrame:
    """Return a table of flows as SQL counts it: without empty cells."""
    names = [f"P{place:02d}" for place in range(table.shape[1])]
    if has_other:
        names[-1] = "other"
    rows = [
        SPAN
        | {
            "from_persona_id": names[i],
            "to_persona_id": names[j],
            "count_customers": int(table[i, j]),
        }
        for i, j in np.argwhere(table > 0)
    ]
    return pd.DataFrame(rows, columns=COUNT_COLUMNS)


def made_up(rng: np.random.Generator) -> np.ndarray:
    """Return a table like those of small and large companies."""
    size = int(rng.integers(2, 9))
    table = rng.poisson(rng.gamma(0.7, rng.choice([2, 8, 40]), (size, size)))
    stays = rng.gamma(1.5, rng.choice([30, 300]), size)
    table[np.arange(size), np.arange(size)] = rng.poisson(stays)
    return table


def ranges(
    counts: pd.DataFrame, flows: pd.DataFrame
) -> dict[tuple[str, str], tuple[int, float, float]]:
    """Return what each small flow is, and the least and most it could be.

    By linear programming, for whoever knows the sizes of the personas at both
    ends and reads the rows that are told, of which one may be a sum.
    """
    exact = counts.pivot_table(
        index="from_persona_id",
        columns="to_persona_id",
        values="count_customers",
        fill_value=0,
    )
    pairs = [(i, j) for i in exact.index for j in exact.columns]
    known, sums = [], []
    for axis, sizes in enumerate((exact.sum(axis=1), exact.sum(axis=0))):
        for name, size in sizes.items():
            known.append([float(pair[axis] == name) for pair in pairs])
            sums.append(float(size))
    shown = flows[~flows["is_hidden"]]
    for persona, own in shown.groupby("from_persona_id"):
        told = set(own["to_persona_id"]) - {"other"}
        for towards, count in zip(
            own["to_persona_id"], own["count_customers"], strict=True
        ):
            known.append(
                [
                    float(
                        i == persona
                        and (
                            j == towards
                            or (towards == "other" and j not in told)
                        )
                    )
                    for i, j in pairs
                ]
            )
            sums.append(float(count))
    found = {}
    for place, (i, j) in enumerate(pairs):
        count = int(exact.loc[i, j])
        if 0 < count < FLOOR:
            aim = np.eye(len(pairs))[place]
            least, most = (
                sign * linprog(sign * aim, A_eq=known, b_eq=sums).fun
                for sign in (1, -1)
            )
            found[i, j] = (count, least, most)
    return found


def test_nothing_that_is_told_gives_a_small_flow_back():
    """Cell by cell, of made-up tables, by an independent solver."""
    rng = np.random.default_rng(5)
    small = told = 0
    for number in range(40):
        counts = counts_of(made_up(rng), has_other=number % 3 == 0)
        flows = judge_flows(counts)
        if flows["is_hidden"].all():
            continue  # The sizes alone are known, and they are told elsewhere.
        told += 1
        for pair, (count, least, most) in ranges(counts, flows).items():
            small += 1
            assert most - least > FLOOR - 1e-6, (number, pair, count)
    assert small > 100
    assert told > 20


def test_room_is_what_linear_programming_finds():
    rng = np.random.default_rng(8)
    looked_at = 0
    for _ in range(20):
        table = made_up(rng)
        hidden = (table < 40) | (rng.random(table.shape) < 0.2)
        cells = np.argwhere(hidden)
        known = np.array(
            [cells[:, 0] == i for i in range(len(table))]
            + [cells[:, 1] == j for j in range(table.shape[1])],
            dtype=float,
        )
        values = table[hidden].astype(float)
        for place, (i, j) in enumerate(cells[:6]):
            aim = np.eye(len(cells))[place]
            least, most = (
                sign * linprog(sign * aim, A_eq=known, b_eq=known @ values).fun
                for sign in (1, -1)
            )
            looked_at += 1
            assert room(table, hidden, i, j) == pytest.approx(most - least)
    assert looked_at > 50


def test_few_moves_leave_who_stayed_and_one_sum():
    flows = judge_flows(counts_of(np.array(YEAR)))
    told = flows[~flows["is_hidden"]].set_index(
        ["from_persona_id", "to_persona_id"]
    )["count_customers"]
    assert told["P00", "P00"] == 903
    assert told["P01", "P01"] == 852
    assert told["P06", "P07"] == 45
    rows = flows.set_index("from_persona_id")
    assert rows.loc["P00", "count_customers"].sum() == sum(YEAR[0])
    assert rows.loc["P00", "customer_share"].sum() == pytest.approx(1)
    # Two have left P05: so few that who stayed is hidden too.
    assert rows.loc["P05", "is_hidden"].all()
    assert set(rows.loc["P05", "to_persona_id"]) == {"P05", "other"}


def test_large_flows_are_all_told():
    table = np.array(YEAR) * 200
    flows = judge_flows(counts_of(table))
    assert not flows["is_hidden"].any()
    assert len(flows) == (table > 0).sum()
    assert flows["count_customers"].sum() == table.sum()


def test_a_persona_whose_size_is_hidden_is_in_the_sum():
    counts = counts_of(np.array([[500, 0, 60], [0, 400, 50], [30, 40, 90]]))
    hidden = counts.replace("P02", "other")
    flows = judge_flows(hidden)
    told = flows.set_index(["from_persona_id", "to_persona_id"])
    assert told["count_customers"].to_dict() == {
        ("P00", "P00"): 500,
        ("P00", "other"): 60,
        ("P01", "P01"): 400,
        ("P01", "other"): 50,
        ("other", "P00"): 30,
        ("other", "P01"): 40,
        ("other", "other"): 90,
    }


def test_where_all_is_small_all_is_hidden():
    assert hide_flows(np.array([[9, 3], [2, 8]])).all()
    flows = judge_flows(counts_of(np.array([[9, 3], [2, 8]])))
    assert flows["is_hidden"].all()
    assert flows["count_customers"].isna().all()


def test_no_history_has_no_flows_and_a_missing_column_is_named():
    none = pd.DataFrame(columns=COUNT_COLUMNS)
    assert list(judge_flows(none).columns) == FLOW_COLUMNS
    assert judge_flows(none).empty
    with pytest.raises(MissingColumnError, match="to_persona_id"):
        judge_flows(none.drop(columns="to_persona_id"))
