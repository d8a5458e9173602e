"""Flows between personas: what is told of them, and in which order."""

from __future__ import annotations

from typing import Any

from orchestration.dashboard.views import movement

KNOWN = ["P02", "P01", "P03"]


def flow(
    source: str, target: str, count: int | None, share: float | None = None
) -> dict[str, Any]:
    return {
        "source": source,
        "target": target,
        "count_customers": count,
        "customer_share": share,
    }


FLOWS = [
    flow("P01", "P01", 90, 0.9),
    flow("P01", "other", 60, 0.6),
    flow("P02", "P02", None),
    flow("P02", "P01", 30, 0.1),
    flow("P02", "other", None),
    flow("unassigned", "unassigned", 500, 1.0),
    flow("unassigned", "P01", 20, 0.04),
]


def test_personas_come_first_and_no_persona_last() -> None:
    ids = ["other", "unassigned", "P09", "P01", "left", "P02", "P08"]
    assert movement.in_order(ids, KNOWN) == [
        *("P02", "P01", "P08", "P09"),
        *("unassigned", "other", "left"),
    ]


def test_who_stayed_is_told_of_personas_whose_flows_are_shown() -> None:
    assert movement.stayed(FLOWS) == (90, 100)
    assert movement.stayed([flow("P02", "P02", None)]) is None


def test_the_largest_move_is_between_two_that_have_a_name() -> None:
    assert movement.largest_move(FLOWS) == flow("P02", "P01", 30, 0.1)
    assert movement.largest_move([flow("P01", "P01", 90, 0.9)]) is None


def test_chosen_personas_are_at_either_end() -> None:
    ends = [
        (one["source"], one["target"])
        for one in movement.chosen_flows(FLOWS, ["P01"], with_stays=False)
    ]
    assert ends == [("P01", "other"), ("P02", "P01"), ("unassigned", "P01")]


def test_all_flows_are_chosen_where_no_persona_is() -> None:
    assert movement.chosen_flows(FLOWS, [], with_stays=True) == FLOWS


def test_a_row_has_who_stayed_and_then_the_largest_moves() -> None:
    moves = [
        flow("P02", "unassigned", 80),
        flow("P02", "P01", 12),
        flow("P02", "P03", 40),
        flow("P02", "P02", 900),
    ]
    (row,) = movement.by_source(moves, KNOWN)
    assert row["stay"] == flow("P02", "P02", 900)
    assert [one["target"] for one in row["moves"]] == [
        *("P03", "P01", "unassigned"),
    ]


def test_a_merger_is_on_the_line_of_the_persona_that_ended() -> None:
    merged = {"event": "merged", "persona_id": "P01", "other_persona_id": "P08"}
    assert movement.whose_line(merged) == "P08"
    assert movement.whose_line({**merged, "event": "split"}) == "P01"
