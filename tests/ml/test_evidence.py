from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.evidence import DIFFERENCE_COLUMNS, format_value, top_differences

PHRASES = {
    "weekend_share": ("orders at the weekend", "orders on working days"),
    "avg_order_value": ("large baskets", "small baskets"),
    "count_orders": ("orders often", "orders rarely"),
    "flat": ("never said", "never said"),
}


def profile() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("P01", "weekend_share", 0.62, 0.31, 0.2, "share", None),
            ("P01", "avg_order_value", 1240.4, 900.0, 400.0, "money", "EUR"),
            ("P01", "count_orders", 2.1, 4.0, 1.0, "count", None),
            ("P01", "flat", 5.0, 1.0, 0.0, "count", None),
            ("P01", "no_phrase", 9.0, 1.0, 1.0, "count", None),
            ("P02", "weekend_share", 0.30, 0.31, 0.2, "share", None),
            ("P02", "count_orders", np.nan, 4.0, 1.0, "count", None),
        ],
        columns=[
            "persona_id",
            "feature",
            "persona_mean",
            "baseline_mean",
            "baseline_std",
            "kind",
            "currency",
        ],
    )


def test_the_strongest_difference_comes_first():
    told = top_differences(profile(), PHRASES)
    assert list(told.columns) == DIFFERENCE_COLUMNS
    assert told["persona_id"].tolist() == ["P01"] * 3
    assert told["rank"].tolist() == [1, 2, 3]
    assert told["effect_size"].tolist() == pytest.approx([-1.9, 1.55, 0.851])
    assert told["words"].tolist() == [
        "orders rarely (2.1 vs 4.0)",
        "orders at the weekend (62 % vs 31 %)",
        "large baskets (1,240 EUR vs 900 EUR)",
    ]


def test_count_limits_and_small_effects_are_silent():
    assert len(top_differences(profile(), PHRASES, count=1)) == 1
    everything = top_differences(profile(), PHRASES, min_effect=0.0)
    assert (everything["persona_id"] == "P02").sum() == 1


def test_ties_are_told_by_name():
    tied = (
        profile()
        .iloc[:2]
        .assign(persona_mean=2.0, baseline_mean=1.0, baseline_std=1.0)
    )
    for frame in (tied, tied.iloc[::-1]):
        told = top_differences(frame, PHRASES)
        assert told["feature"].tolist() == ["avg_order_value", "weekend_share"]


def test_numbers_that_differ_do_not_look_equal():
    close = (
        profile()
        .head(1)
        .assign(persona_mean=0.314, baseline_mean=0.310, baseline_std=0.004)
    )
    told = top_differences(close, PHRASES)
    assert told["words"].iloc[0] == "orders at the weekend (31.4 % vs 31.0 %)"


def test_kind_and_currency_may_be_missing():
    plain = profile().drop(columns=["kind", "currency"]).iloc[[2]]
    told = top_differences(plain, PHRASES)
    assert told["words"].iloc[0] == "orders rarely (2.1 vs 4.0)"


def test_nothing_to_tell():
    told = top_differences(profile().head(0), PHRASES)
    assert told.empty
    assert list(told.columns) == DIFFERENCE_COLUMNS
    assert top_differences(profile(), {}).empty


def test_the_profile_is_not_mutated():
    frame = profile()
    before = frame.copy(deep=True)
    top_differences(frame, PHRASES)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("value", "kind", "options", "text"),
    [
        (0.62, "share", {}, "62 %"),
        (0.625, "share", {"decimals": 1}, "62.5 %"),
        (1240.4, "money", {"currency": "EUR"}, "1,240 EUR"),
        (1240.4, "money", {}, "1,240"),
        (-0.0001, "count", {"decimals": 1}, "0.0"),
    ],
)
def test_values_are_written_as_their_kind_is_read(value, kind, options, text):
    assert format_value(value, kind, **options) == text
