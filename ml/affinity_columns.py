"""The columns that affinities are made from, and those that come out."""

from __future__ import annotations

import pandas as pd

from ml.columns import MissingColumnError

TESTED = ["lift", "lift_low", "lift_high", "effect_size", "p_value"]
LIFT_COLUMNS = [*TESTED, "adjusted_p_value", "is_claim"]
PRODUCT_KEY = ["level", "category", "subcategory"]
PRODUCT_COLUMNS = [
    "persona_id",
    *PRODUCT_KEY,
    "is_partly_hidden",
    "count_buyers",
    "count_customers",
    "penetration",
    "others_penetration",
    *LIFT_COLUMNS,
    "count_orders",
    "net_amount",
    "wallet_share",
    "others_wallet_share",
]
CHANNEL_KEY = ["channel_kind", "channel"]
CHANNEL_COLUMNS = [
    "persona_id",
    *CHANNEL_KEY,
    "is_partly_hidden",
    "count_customers",
    "customer_share",
    "channel_share",
    "others_channel_share",
    *LIFT_COLUMNS,
    "count_orders",
    "count_sessions",
    "count_sessions_with_order",
    "conversion_share",
    "net_amount",
]
JOURNEY_KEY = ["first_touch", "middle_touch", "last_touch"]
JOURNEY_COLUMNS = [
    "persona_id",
    *JOURNEY_KEY,
    "is_partly_hidden",
    "count_customers",
    "count_journeys",
    "count_open_journeys",
    "count_sessions",
    "session_share",
    "count_orders",
    "order_share",
    "others_order_share",
    *LIFT_COLUMNS,
    "conversion_share",
    "net_amount",
]
CLUSTERED = [
    "known_hits",
    "known_base",
    "sum_hits_squared",
    "sum_hits_base",
    "sum_base_squared",
    "count_known",
]
PRODUCT_COUNTS = [
    "persona_id",
    *PRODUCT_KEY,
    "count_buyers",
    "count_customers",
    "count_people",
    "count_orders",
    "net_amount",
]
CHANNEL_COUNTS = [
    "persona_id",
    *CHANNEL_KEY,
    "count_customers",
    "count_people",
    "count_converted_people",
    "hits",
    "base",
    *CLUSTERED,
    "count_orders",
    "count_sessions",
    "count_sessions_with_order",
    "net_amount",
]
JOURNEY_COUNTS = [
    "persona_id",
    *JOURNEY_KEY,
    "count_customers",
    "count_people",
    "count_ordering_people",
    "count_journeys",
    "count_open_journeys",
    "count_sessions",
    "session_base",
    "hits",
    "base",
    *CLUSTERED,
    "net_amount",
]


def read_counts(frame: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    """Return the wanted columns, money as floats; raise where one lacks."""
    missing = [name for name in wanted if name not in frame]
    if missing:
        raise MissingColumnError(
            f"Column '{missing[0]}' is missing from the counts of affinities; "
            "select it in the intermediate model they are read from."
        )
    cells = frame[wanted].reset_index(drop=True)
    return cells.astype({"net_amount": "float64"})
