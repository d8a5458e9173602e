"""Small cells: hidden, and not to be had by subtraction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from campaign_sims import arm_row, drawn, judged

from ml.campaign_privacy import hidden_rows

FLOOR = 11


def test_what_is_hidden_counts_eleven_in_every_cell_together() -> None:
    rng = np.random.default_rng(8)
    count_partly = 0
    for _ in range(500):
        cells = rng.integers(0, 60, (8, 4)).astype(float)
        hidden = hidden_rows(cells)
        assert (cells[~hidden] >= FLOOR).all()
        if hidden.any() and not hidden.all():
            assert hidden.sum() > 1
            assert (cells[hidden].sum(axis=0) >= FLOOR).all()
            count_partly += 1
    assert count_partly > 100


def test_no_more_is_hidden_than_has_to_be() -> None:
    cells = np.array([[50.0, 50], [5, 40], [12, 90], [40, 13]])
    assert hidden_rows(cells).tolist() == [False, True, True, False]
    assert not hidden_rows(cells[[0, 2, 3]]).any()


def test_rows_hidden_for_another_reason_count_as_hidden() -> None:
    cells = np.array([[50.0], [30], [20], [70]])
    hidden = hidden_rows(cells, hidden=np.array([True, False, False, False]))
    assert hidden.tolist() == [True, False, True, False]


@pytest.mark.parametrize("seed", range(5))
def test_the_campaigns_total_gives_no_small_count_back(seed: int) -> None:
    baseline = np.random.default_rng(seed).uniform(0.02, 0.2, (30, 7))
    arms = drawn(seed, baseline, baseline * 0, treated=(5, 200))
    found = judged(arms)
    shown = found.effects[~found.effects["has_hidden_figures"]]
    assert 0 < len(shown) < len(found.effects)
    for arm, counted in (
        ("treated", "count_treated_converted"),
        ("held_out", "count_compared_converted"),
    ):
        own = arms[arms["arm"] == arm]
        whole = own.groupby("campaign_id")[
            ["count_customers", "count_converted"]
        ].sum()
        visible = shown.groupby("campaign_id")[counted].sum()
        assert (shown[counted] >= FLOOR).all()
        left = whole["count_converted"] - visible.reindex(
            whole.index, fill_value=0
        )
        assert ((left == 0) | (left >= FLOOR)).all()


def test_the_verdict_of_a_hidden_row_is_still_told() -> None:
    found = judged(
        pd.DataFrame(
            [
                arm_row("C", "P01", "treated", 200, 6),
                arm_row("C", "P01", "held_out", 100, 40),
                arm_row("C", "P02", "treated", 200, 60),
                arm_row("C", "P02", "held_out", 100, 30),
            ]
        )
    ).effects
    assert found["has_hidden_figures"].tolist() == [True, True]
    assert found["has_hidden_counts"].tolist() == [False, False]
    assert found["verdict"].tolist() == ["harms", "not enough data"]
