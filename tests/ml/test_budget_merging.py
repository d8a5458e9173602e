"""Cells that would show few customers are put together before planning."""

from __future__ import annotations

import pandas as pd
import pytest

from ml.budget_merging import merge_small_cells
from ml.budget_response import ARM_COLUMNS

CHANNELS = {"C1": "email", "C2": "email", "C3": "post"}


def arms_of(customers: dict[tuple[str, str], tuple[int, int]]) -> pd.DataFrame:
    """Return arms: by campaign and persona, customers treated and held out."""
    rows = []
    for (campaign, persona), counts in customers.items():
        for arm, count in zip(("treated", "held_out"), counts, strict=True):
            rows.append(
                dict.fromkeys(ARM_COLUMNS, 2.0 * count)
                | {
                    "campaign_id": campaign,
                    "channel": CHANNELS[campaign],
                    "persona_id": persona,
                    "arm": arm,
                    "count_customers": count,
                    "is_window_complete": True,
                }
            )
    return pd.DataFrame(rows)


def effects_of(*hidden: tuple[str, str], arms: pd.DataFrame) -> pd.DataFrame:
    pairs = arms[["campaign_id", "persona_id"]].drop_duplicates()
    return pairs.assign(
        has_hidden_counts=[
            (campaign, persona) in hidden
            for campaign, persona in pairs.itertuples(index=False)
        ]
    )


def spend_of(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["persona_id", "channel", "spend_amount"])


def cells(frame: pd.DataFrame, value: str) -> dict[tuple[str, str], float]:
    return frame.groupby(["persona_id", "channel"])[value].sum().to_dict()


def test_what_may_be_told_stays_as_it_is():
    arms = arms_of({("C1", "P01"): (100, 50), ("C3", "P02"): (80, 40)})
    spend = spend_of(
        ("P01", "email", 10.5), ("P02", "post", 7), ("all", "radio", 99)
    )
    money, merged = merge_small_cells(spend, arms, effects_of(arms=arms))
    assert cells(money, "spend_amount") == cells(spend, "spend_amount")
    for name in ("count_customers", "sum_margin_amount", "spend_amount"):
        assert cells(merged, name) == cells(arms, name)
    assert merged["is_window_complete"].all()


def test_a_persona_that_one_campaign_hides_is_merged_in_its_channel():
    """P02 is hidden with P03, and P02's other campaign tells nothing of it."""
    arms = arms_of(
        {
            ("C1", "P01"): (100, 50),
            ("C1", "P02"): (40, 30),
            ("C1", "P03"): (6, 2),
            ("C2", "P02"): (90, 60),
            ("C3", "P02"): (80, 40),
        }
    )
    spend = spend_of(
        ("P01", "email", 100),
        ("P02", "email", 130),
        ("P03", "email", 0.1),
        ("P04", "email", 0.2),  # No campaign tells of it.
        ("P02", "post", 80),
    )
    effects = effects_of(("C1", "P02"), ("C1", "P03"), arms=arms)
    money, merged = merge_small_cells(spend, arms, effects)
    assert cells(money, "spend_amount") == {
        ("P01", "email"): 100,
        ("other", "email"): 130.3,
        ("P02", "post"): 80,
    }
    assert cells(merged, "count_customers") == {
        ("P01", "email"): 150,
        ("other", "email"): 228,
        ("P02", "post"): 120,
    }
    by_arm = merged.set_index(["campaign_id", "persona_id", "arm"])
    assert by_arm.loc[("C1", "other", "treated"), "count_customers"] == 46
    assert by_arm.loc[("C1", "other", "treated"), "sum_net_amount"] == 92


def test_a_campaign_of_few_customers_is_not_counted():
    """Else the others less what other campaigns tell were these few."""
    arms = arms_of({("C1", "P01"): (9, 5), ("C2", "P01"): (90, 60)})
    effects = effects_of(("C1", "P01"), arms=arms)
    spend = spend_of(("P01", "email", 99))
    money, merged = merge_small_cells(spend, arms, effects)
    assert cells(money, "spend_amount") == {("other", "email"): 99}
    assert cells(merged, "count_customers") == {("other", "email"): 150}
    assert set(merged["campaign_id"]) == {"C2"}


@pytest.mark.parametrize("has_effects", [True, False])
def test_money_that_reached_too_few_is_told_of_nobody(has_effects: bool):
    arms = arms_of({("C1", "P01"): (9, 5), ("C3", "P02"): (80, 40)})
    effects = effects_of(("C1", "P01"), arms=arms)
    if not has_effects:
        arms, effects = arms.head(0), effects.head(0)
    spend = spend_of(("P01", "email", 3), ("all", "email", 5))
    money, merged = merge_small_cells(spend, arms, effects)
    assert cells(money, "spend_amount") == {("all", "email"): 8}
    assert "email" not in set(merged["channel"])
