"""Cells of a budget that would show few customers are merged, not hidden.

The money of a persona in a channel tells how many customers it reached. Where a
campaign's customers of that persona are not published, the persona's cell is
put together with the others of its channel that are not: 'other'. The plan is
made of cells that may be told, so whoever reads them can make it again, under
constraints of their own.
"""

from __future__ import annotations

import pandas as pd

from ml.budget_response import ARM_COLUMNS, CELL
from ml.budget_tables import EVERYBODY, OTHERS
from ml.campaign_privacy import FLOOR

_KEYS = ["campaign_id", "channel", "persona_id", "arm"]


def merge_small_cells(
    spend: pd.DataFrame,
    arms: pd.DataFrame,
    effects: pd.DataFrame,
    *,
    floor: int = FLOOR,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the money and the arms of campaigns by cells that may be told.

    Parameters
    ----------
    spend : DataFrame
        persona_id, channel, spend_amount.
    arms : DataFrame
        As ``int_campaign_arms``, every campaign.
    effects : DataFrame
        campaign_id, persona_id, has_hidden_counts: which counts of a campaign
        are published. What is not named here is not published.
    floor : int
        Fewest customers a number may count.

    Returns
    -------
    spend, arms : DataFrame
        The same sums with the persona 'other' for those that are merged. Where
        even these were fewer than the floor, their money is that of 'all', of
        which nobody is told whom it reached. Of campaigns whose hidden
        customers are fewer than the floor these are left out.
    """
    known = arms[ARM_COLUMNS].merge(
        effects[["campaign_id", "persona_id", "has_hidden_counts"]],
        on=["campaign_id", "persona_id"],
        how="left",
    )
    is_hidden = known["has_hidden_counts"].ne(False)  # null: not published
    told = known[~is_hidden]
    hidden_cells = _pairs(known[is_hidden])
    told_cells = _pairs(told) - hidden_cells
    too_few = (
        known[is_hidden]
        .groupby(["campaign_id", "arm"])["count_customers"]
        .transform("sum")
    )
    few = set(known.loc[too_few[too_few < floor].index, "campaign_id"])
    arms = known[~(is_hidden & known["campaign_id"].isin(few))]
    merged = _renamed(arms, told_cells)
    reached = (
        merged[(merged["persona_id"] == OTHERS) & (merged["arm"] == "treated")]
        .groupby("channel")["count_customers"]
        .sum()
    )
    enough = set(reached[reached >= floor].index)
    merged = merged[
        (merged["persona_id"] != OTHERS) | merged["channel"].isin(enough)
    ]
    money = _renamed(spend[[*CELL, "spend_amount"]], told_cells)
    is_lost = (money["persona_id"] == OTHERS) & ~money["channel"].isin(enough)
    money["persona_id"] = money["persona_id"].mask(is_lost, EVERYBODY)
    money = money.groupby(CELL, as_index=False).agg({"spend_amount": "sum"})
    # Sums of amounts of four decimals have four again.
    money["spend_amount"] = money["spend_amount"].round(4)
    numbers = [
        name
        for name in ARM_COLUMNS
        if name.startswith(("count_", "sum_", "spend_"))
    ]
    return money, merged.groupby(_KEYS, as_index=False).agg(
        dict.fromkeys(numbers, "sum") | {"is_window_complete": "all"}
    )


def _pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    return set(frame[CELL].itertuples(index=False, name=None))


def _renamed(
    frame: pd.DataFrame, told_cells: set[tuple[str, str]]
) -> pd.DataFrame:
    """Return the frame with 'other' for personas whose cell is not told."""
    is_told = pd.Series(
        [
            persona == EVERYBODY or (persona, channel) in told_cells
            for persona, channel in frame[CELL].itertuples(
                index=False, name=None
            )
        ],
        index=frame.index,
        dtype=bool,
    )
    return frame.assign(persona_id=frame["persona_id"].where(is_told, OTHERS))
