"""Campaigns as they would come out of the warehouse, drawn from a plan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.campaign_effect import ARM_COLUMNS, MATCHED_COLUMNS, Judged
from ml.campaign_effect import judge_campaigns as judge
from ml.synthetic import SampleCompany

WINDOW = pd.Timedelta(days=14)
RELEVANT = 0.02


def judged(arms: pd.DataFrame, **options: object) -> Judged:
    """Judge campaigns that all held somebody out."""
    return judge(
        arms,
        pd.DataFrame(columns=MATCHED_COLUMNS),
        pd.DataFrame(columns=["campaign_id"]),
        **({"smallest_relevant_lift": RELEVANT} | options),  # type: ignore[arg-type]
    )


def arm_row(
    campaign_id: str,
    persona_id: str,
    arm: str,
    customers: int,
    converted: int,
    **others: object,
) -> dict[str, object]:
    """Return a row of ``int_campaign_arms``; a purchase is worth 50."""
    row: dict[str, object] = {
        "campaign_id": campaign_id,
        "persona_id": persona_id,
        "arm": arm,
        "count_customers": customers,
        "count_converted": converted,
        "count_orders": converted,
        "sum_squared_orders": converted,
        "sum_net_amount": 50.0 * converted,
        "sum_squared_net_amount": 2500.0 * converted,
        "sum_costed_net_amount": 50.0 * converted,
        "sum_margin_amount": 20.0 * converted,
        "sum_squared_margin_amount": 400.0 * converted,
        "count_open_windows": 0,
        "count_cut_short": 0,
        "spend_amount": 0.0 if arm == "held_out" else float(customers),
    }
    return row | others


def drawn(
    seed: int,
    baseline: np.ndarray,
    lift: np.ndarray,
    *,
    treated: tuple[int, int] = (80, 500),
    held_out_share: tuple[float, float] = (0.2, 0.5),
) -> pd.DataFrame:
    """Draw the arms of campaigns; arrays of shape (campaigns, personas)."""
    rng = np.random.default_rng(seed)
    own = rng.integers(*treated, baseline.shape)
    share = rng.uniform(*held_out_share, baseline.shape[:1])[:, None]
    other = np.maximum((own * share / (1 - share)).astype(int), 20)
    own_bought = rng.binomial(own, baseline + lift)
    other_bought = rng.binomial(other, baseline)
    rows = []
    for campaign, persona in np.ndindex(*baseline.shape):
        key = f"C{campaign:03d}", f"P{persona + 1:02d}"
        place = campaign, persona
        rows += [
            arm_row(*key, "treated", int(own[place]), int(own_bought[place])),
            arm_row(
                *key, "held_out", int(other[place]), int(other_bought[place])
            ),
        ]
    return pd.DataFrame(rows, columns=ARM_COLUMNS)


def arms_of_company(company: SampleCompany) -> pd.DataFrame:
    """Count the arms of a sample company by the personas it was planted with.

    Purchases only, for what the lifts are planted in.
    """
    touches = company.entities["campaign_touches"]
    known = set(company.entities["campaigns"]["campaign_id"])
    touches = touches[touches["campaign_id"].astype(str).isin(known)].copy()
    touches["campaign_id"] = touches["campaign_id"].astype(str)
    truth = company.truth["customer_personas"].assign(
        customer_id=lambda frame: frame["customer_id"].astype("int64")
    )
    touches["customer_id"] = touches["customer_id"].astype("int64")
    truth["valid_from"] = truth["valid_from"].astype("datetime64[us]")
    touches = pd.merge_asof(
        touches.sort_values("touched_at"),
        truth.sort_values("valid_from"),
        left_on="touched_at",
        right_on="valid_from",
        by="customer_id",
    )
    orders = company.entities["orders"].dropna(
        subset=["order_id", "customer_id"]
    )
    orders = orders.drop_duplicates("order_id")[["customer_id", "ordered_at"]]
    orders["customer_id"] = orders["customer_id"].astype("int64")
    both = touches.merge(orders, on="customer_id")
    inside = both["ordered_at"].between(
        both["touched_at"], both["touched_at"] + WINDOW, inclusive="left"
    )
    bought = both[inside].groupby("touch_id").size()
    touches["converted"] = touches["touch_id"].isin(bought.index)
    touches["arm"] = np.where(touches["is_held_out"], "held_out", "treated")
    summed = (
        touches.groupby(["campaign_id", "persona", "arm"], observed=True)[
            "converted"
        ]
        .agg(["size", "sum"])
        .reset_index()
    )
    return pd.DataFrame(
        [
            arm_row(campaign, str(persona), arm, int(count), int(bought_by))
            for campaign, persona, arm, count, bought_by in summed.to_numpy()
        ],
        columns=ARM_COLUMNS,
    )
