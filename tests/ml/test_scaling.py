from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ml.columns import (
    FEATURE_COLUMNS,
    DuplicateCustomerError,
    EmptyFrameError,
    InvalidValueError,
    MissingColumnError,
    round_significant,
)
from ml.scaling import FeatureSpec, apply_scaling, fit_scaling

SPECS = [
    FeatureSpec("spend", "money", "log1p"),
    FeatureSpec("weekend_share", "when", "identity", "count_orders", 5.0),
    FeatureSpec("visits", "web", "sqrt"),
    FeatureSpec("evening_share", "when"),
]


def customers(count: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i:04d}" for i in range(count)],
            "spend": rng.lognormal(3, 1, count),
            "weekend_share": rng.uniform(0, 1, count),
            "count_orders": rng.integers(0, 20, count),
            "visits": rng.poisson(4, count).astype(float),
            "evening_share": rng.uniform(0, 1, count),
        }
    )
    frame.loc[::7, "weekend_share"] = np.nan
    return frame


def by_hand(row: dict, value: float, support: float | None) -> float:
    """Redo the formula one customer at a time, as the SQL does it."""
    shapes = {
        "identity": lambda v: v,
        "log1p": lambda v: math.log(1 + v),
        "sqrt": math.sqrt,
    }
    if math.isnan(value):
        s = row["baseline"]
    else:
        clipped = min(max(value, row["clip_low"]), row["clip_high"])
        s = shapes[row["shape"]](clipped)
    v = s
    if row["support"] is not None:
        n, prior = support or 0.0, row["prior_count"]
        v = row["baseline"]
        if n + prior > 0:
            v = (n * s + prior * row["baseline"]) / (n + prior)
    return (v - row["center"]) / row["scale"] * row["weight"]


def test_scaled_values_follow_the_written_formula():
    frame = customers()
    scaling = fit_scaling(frame, SPECS)
    scaled = apply_scaling(frame, scaling)
    expected = [
        [
            by_hand(
                row,
                customer[row["feature"]],
                customer[row["support"]] if row["support"] else None,
            )
            for row in scaling.to_dict("records")
        ]
        for customer in frame.to_dict("records")
    ]
    np.testing.assert_allclose(scaled, expected, rtol=1e-12, atol=1e-12)


def test_features_are_centred_and_groups_weigh_the_same():
    frame = customers()
    scaling = fit_scaling(frame, SPECS)
    assert list(scaling.columns) == FEATURE_COLUMNS
    assert scaling["position"].tolist() == [1, 2, 3, 4]
    assert scaling["feature"].tolist() == [spec.name for spec in SPECS]
    variance = apply_scaling(frame, scaling).var(axis=0)
    np.testing.assert_allclose(
        apply_scaling(frame, scaling).mean(axis=0), 0, atol=1e-9
    )
    np.testing.assert_allclose(variance, [1, 0.5, 1, 0.5], rtol=1e-9)


def test_thin_evidence_is_drawn_to_the_baseline():
    frame = customers()
    scaling = fit_scaling(frame, SPECS)
    few = frame.head(3).assign(weekend_share=1.0, count_orders=[0, 1, 1000])
    none, one, many = apply_scaling(few, scaling)[:, 1]
    row = scaling.iloc[1]
    at_baseline = (row["baseline"] - row["center"]) / row["scale"]
    assert none == pytest.approx(at_baseline * row["weight"])
    assert none < one < many


def test_baseline_weighs_by_support():
    frame = customers().head(100)
    frame["weekend_share"] = np.where(frame.index < 50, 0.2, 0.8)
    frame["count_orders"] = np.where(frame.index < 50, 3, 1)
    scaling = fit_scaling(frame, SPECS)
    assert scaling["baseline"].iloc[1] == pytest.approx(0.35)


def test_no_support_and_no_prior_give_the_baseline_not_nan():
    spec = FeatureSpec("weekend_share", "when", "identity", "count_orders", 0)
    frame = customers()
    scaled = apply_scaling(frame, fit_scaling(frame, [spec]))
    assert np.isfinite(scaled).all()


@pytest.mark.parametrize("count", [50, 100, 400])
def test_one_absurd_value_does_not_matter(count):
    frame = customers(count)
    absurd = frame.copy()
    absurd.loc[5, ["spend", "evening_share"]] = 1e12
    before = apply_scaling(frame, fit_scaling(frame, SPECS))
    after = apply_scaling(absurd, fit_scaling(absurd, SPECS))
    others = np.arange(count) != 5
    assert np.abs(before - after)[others].max() < 0.3
    assert np.abs(after).max() < 6


def test_a_score_does_not_depend_on_who_else_is_scored():
    frame = customers()
    scaling = fit_scaling(frame, SPECS)
    alone = apply_scaling(frame.iloc[[17]], scaling)
    together = apply_scaling(frame, scaling)
    np.testing.assert_array_equal(alone[0], together[17])


def test_unused_features_say_why_and_score_zero():
    frame = customers().assign(same=3.0, unknown=np.nan, rare=np.nan)
    frame.loc[:19, "rare"] = np.arange(20.0)
    specs = [
        *SPECS,
        FeatureSpec("same", "when"),
        FeatureSpec("unknown", "money", "log1p"),
        FeatureSpec("rare", "money"),
    ]
    scaling = fit_scaling(frame, specs).set_index("feature")
    assert scaling.loc[["same", "unknown", "rare"], "weight"].eq(0).all()
    assert "same for every customer" in scaling.loc["same", "note"]
    assert "known for 5% of customers" in scaling.loc["rare", "note"]
    assert (scaling["scale"] > 0).all()
    numbers = scaling.select_dtypes("number")
    assert np.isfinite(numbers.to_numpy()).all()
    # Unused features take no weight from the used ones of their group.
    assert scaling.loc["spend", "weight"] == 1.0
    assert scaling.loc["evening_share", "weight"] == pytest.approx(0.5**0.5)
    scaled = apply_scaling(frame, scaling.reset_index())
    assert (scaled[:, 4:] == 0).all()


def test_negative_values_under_a_logarithm_are_clipped_at_zero():
    frame = customers()
    frame.loc[:30, "spend"] = -50.0
    scaling = fit_scaling(frame, SPECS)
    assert scaling["clip_low"].iloc[0] == 0.0
    assert np.isfinite(apply_scaling(frame, scaling)).all()


def test_parameters_have_twelve_digits_and_survive_storage():
    frame = customers()
    scaling = fit_scaling(frame, SPECS)
    for column in ("baseline", "clip_low", "center", "scale", "weight"):
        values = scaling[column].to_numpy()
        np.testing.assert_array_equal(values, round_significant(values))
    stored = scaling.sample(frac=1, random_state=1).assign(
        support=lambda f: f["support"].where(f["support"].notna(), np.nan)
    )
    np.testing.assert_array_equal(
        apply_scaling(frame, scaling), apply_scaling(frame, stored)
    )


def test_nullable_and_decimal_columns_are_read():
    frame = customers().assign(
        visits=lambda f: f["visits"].astype("Int64").where(f["visits"] > 1)
    )
    assert frame["visits"].isna().any()
    assert np.isfinite(apply_scaling(frame, fit_scaling(frame, SPECS))).all()


def test_the_frame_is_not_mutated():
    frame = customers()
    before = frame.copy(deep=True)
    apply_scaling(frame, fit_scaling(frame, SPECS))
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda f: f.drop(columns="spend"), MissingColumnError, "'spend'"),
        (
            lambda f: f.drop(columns="count_orders"),
            MissingColumnError,
            "'count_orders'",
        ),
        (
            lambda f: f.drop(columns="customer_id"),
            MissingColumnError,
            "'customer_id'",
        ),
        (
            lambda f: f.assign(spend=np.inf),
            InvalidValueError,
            "'spend' has 400 infinite",
        ),
        (lambda f: f.assign(spend="a lot"), InvalidValueError, "not numeric"),
        (
            lambda f: f.assign(count_orders=-1),
            InvalidValueError,
            "'count_orders' has 400 negative",
        ),
        (lambda f: f.head(0), EmptyFrameError, "no rows"),
        (
            lambda f: pd.concat([f, f.head(1)]),
            DuplicateCustomerError,
            "'customer_id'",
        ),
        (
            lambda f: f.assign(customer_id=None),
            DuplicateCustomerError,
            "'customer_id'",
        ),
    ],
)
def test_errors_name_the_column(spoil, error, words):
    with pytest.raises(error, match=words):
        fit_scaling(spoil(customers()), SPECS)


ESTIMATED = FeatureSpec(
    "weekend_share", "when", support="count_orders", prior_count=None
)


def shoppers(
    habits: np.ndarray, counts: np.ndarray, seed: int = 0
) -> pd.DataFrame:
    """Customers who shop at the weekend as often as their habit says."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:05d}" for i in range(len(habits))],
            "count_orders": counts,
            "weekend_share": rng.binomial(counts, habits) / counts,
        }
    )


@pytest.mark.parametrize(("a", "b"), [(1.0, 3.0), (4.0, 4.0), (6.0, 12.0)])
def test_the_prior_of_shares_is_estimated(a, b):
    """With habits from a beta distribution it is a + b, as theory says."""
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 12, 20_000)
    frame = shoppers(rng.beta(a, b, len(counts)), counts)
    (row,) = fit_scaling(frame, [ESTIMATED]).to_dict("records")
    assert row["prior_count"] == pytest.approx(a + b, rel=0.08)
    spread = np.sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    assert row["scale"] == pytest.approx(spread, rel=0.05)
    assert row["baseline"] == pytest.approx(a / (a + b), abs=0.01)


def test_chance_counts_for_little_however_large_its_differences():
    rng = np.random.default_rng(2)
    once = np.ones(9_000, dtype=int)
    counts = np.concatenate([once, rng.integers(2, 9, 1_000)])
    frame = shoppers(np.full(len(counts), 0.4), counts)
    scaling = fit_scaling(frame, [ESTIMATED])
    assert frame["weekend_share"].std() > 0.4
    assert apply_scaling(frame, scaling).std() < 0.3


def test_what_cannot_be_told_from_chance_is_not_used():
    once = shoppers(np.full(300, 0.4), np.ones(300, dtype=int))
    alike = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "count_orders": [2, 2],
            "weekend_share": [0.5, 0.4999],
        }
    )
    for frame in (once, alike):
        (row,) = fit_scaling(frame, [ESTIMATED]).to_dict("records")
        assert row["weight"] == 0
        assert "cannot be told from chance" in row["note"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": "cube"},
        {"prior_count": -1.0},
        {"prior_count": None},
        {"prior_count": None, "support": "n", "shape": "sqrt"},
    ],
)
def test_a_wrong_spec_is_refused(wrong):
    with pytest.raises(ValueError, match="Feature 'spend'"):
        FeatureSpec("spend", "money", **wrong)
