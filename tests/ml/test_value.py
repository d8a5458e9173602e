"""Factors, intervals and the backtest of customer value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.value import (
    DAYS_PER_MONTH,
    ValueModel,
    backtest,
    expected_value,
    fit_persona_spend,
    summed_spend,
    value_factors,
)
from ml.value_intervals import value_intervals
from ml.value_models import BgNbd, GammaGamma, fit_bg_nbd, fit_gamma_gamma

MODEL = ValueModel(
    BgNbd(0.8, 70.0, 1.2, 4.0, np.nan), GammaGamma(4.0, 5.0, 120.0, np.nan)
)


def customers(count: int, seed: int) -> pd.DataFrame:
    """Draw customers as MODEL has them, one row each, in days."""
    rng = np.random.default_rng(seed)
    bought = MODEL.purchases
    rate = rng.gamma(bought.r, 1 / bought.alpha, count)
    lost = rng.beta(bought.a, bought.b, count)
    tenure = rng.integers(200, 900, count).astype(float)
    frequency, recency = np.zeros(count), np.zeros(count)
    now, alive = np.zeros(count), np.ones(count, dtype=bool)
    while alive.any():
        now = now + rng.exponential(1 / rate)
        alive &= now <= tenure
        frequency[alive] += 1
        recency[alive] = now[alive]
        alive &= rng.random(count) >= lost
    p, q, v = MODEL.spend.parameters
    each = rng.gamma(q, 1 / v, count)
    shape = p * np.maximum(frequency, 1)
    mean = rng.gamma(shape, 1 / (each * np.maximum(frequency, 1)))
    return pd.DataFrame(
        {
            "persona_id": np.where(rng.random(count) < 0.5, "P01", "P02"),
            "frequency": frequency,
            "recency_days": recency,
            "tenure_days": tenure,
            "count_customers": 1,
            "sum_mean_spend": np.where(frequency > 0, mean, 0.0),
        }
    )


def spend_of(rows: pd.DataFrame) -> pd.DataFrame:
    back = rows[rows["frequency"] > 0]
    return pd.DataFrame(
        {
            "persona_id": back["persona_id"],
            "frequency": back["frequency"],
            "mean_spend": back["sum_mean_spend"],
            "mean_log_spend": np.log(back["sum_mean_spend"]),
            "count_customers": back["count_customers"],
        }
    )


def fitted(rows: pd.DataFrame, counts: np.ndarray | None = None) -> ValueModel:
    back = (rows["frequency"] > 0).to_numpy()
    return ValueModel(
        fit_bg_nbd(
            rows["frequency"],
            rows["recency_days"],
            rows["tenure_days"],
            counts=counts,
        ),
        fit_gamma_gamma(
            rows.loc[back, "frequency"],
            rows.loc[back, "sum_mean_spend"],
            counts=None if counts is None else counts[back],
        ),
    )


def test_factors_over_the_odds_are_the_expected_purchases():
    rows = customers(500, 1)
    factors = value_factors(MODEL.purchases, rows, discount_rate_per_year=0.1)
    odds = MODEL.purchases.odds_lost(
        rows["frequency"], rows["recency_days"], rows["tenure_days"]
    )
    for month in (3, 6, 12):
        wanted = MODEL.purchases.expected_purchases(
            rows["frequency"],
            rows["recency_days"],
            rows["tenure_days"],
            horizon=month * DAYS_PER_MONTH,
        )
        np.testing.assert_allclose(
            factors[f"factor_{month}m"] / (1 + odds), wanted, rtol=1e-9
        )
    share = factors["discounted_factor_12m"] / factors["factor_12m"]
    assert share.between(1.1**-1, 1).all()
    undiscounted = value_factors(
        MODEL.purchases, rows, discount_rate_per_year=0.0
    )
    np.testing.assert_allclose(
        undiscounted["discounted_factor_12m"], undiscounted["factor_12m"]
    )


def test_the_mean_spend_of_counted_rows_is_that_of_their_customers():
    pair = pd.DataFrame(
        {
            "persona_id": ["P01", "P01"],
            "frequency": [3.0, 3.0],
            "recency_days": [200.0, 200.0],
            "tenure_days": [300.0, 300.0],
            "count_customers": [1, 1],
            "sum_mean_spend": [10.0, 90.0],
        }
    )
    one = pair.head(1).assign(count_customers=2, sum_mean_spend=100.0)
    apart = expected_value(MODEL, pair, discount_rate_per_year=0.1)
    together = expected_value(MODEL, one, discount_rate_per_year=0.1)
    assert apart.sum() == pytest.approx(together.sum(), rel=1e-12)
    spends = MODEL.spend.expected_spend([3.0, 3.0], [10.0, 90.0])
    assert apart[1] / apart[0] == pytest.approx(spends[1] / spends[0])


def two_kinds(count: int, seed: int) -> pd.DataFrame:
    """Draw customers of whom P02 pays forty times as much at a time."""
    rows = customers(count, seed)
    dear = rows["persona_id"] == "P02"
    return rows.assign(
        sum_mean_spend=rows["sum_mean_spend"] * np.where(dear, 40.0, 1.0)
    )


def test_each_persona_has_its_own_spend():
    """Bought alike, paid forty times as much: worth forty times as much."""
    rows = two_kinds(4_000, 3)
    spend = spend_of(rows)
    together = fitted(rows)
    apart = ValueModel(
        together.purchases, together.spend, fit_persona_spend(spend)
    )
    truth = expected_value(MODEL, customers(4_000, 3), discount_rate_per_year=0)
    truth = truth * np.where(rows["persona_id"] == "P02", 40.0, 1.0)

    def by_persona(values: np.ndarray) -> pd.Series:
        return pd.Series(values).groupby(rows["persona_id"]).sum()

    wanted = by_persona(truth)
    ours = by_persona(expected_value(apart, rows, discount_rate_per_year=0))
    pooled = by_persona(
        expected_value(together, rows, discount_rate_per_year=0)
    )
    assert (ours / wanted).between(0.9, 1.1).all()
    assert pooled["P01"] > 2 * wanted["P01"]


def test_a_small_persona_has_the_spend_of_the_company():
    rows = customers(400, 4).assign(persona_id="P01")
    few = rows.head(30).assign(persona_id="P02")
    spend = spend_of(pd.concat([rows, few]))
    found = fit_persona_spend(spend)
    assert set(found) == {"P01"}
    model = ValueModel(MODEL.purchases, MODEL.spend, found)
    np.testing.assert_allclose(
        summed_spend(model, few),
        MODEL.spend.expected_spend(few["frequency"], few["sum_mean_spend"]),
    )


def test_an_interval_holds_what_is_unknown_of_a_personas_own_spend():
    rows = two_kinds(1_500, 5)
    together = fitted(rows)
    model = ValueModel(
        together.purchases, together.spend, fit_persona_spend(spend_of(rows))
    )
    found = value_intervals(
        model, rows, spend_of(rows), discount_rate_per_year=0.1, random_state=0
    ).set_index("persona_id")
    assert (found["low"] < found["value_per_customer"]).all()
    assert (found["value_per_customer"] < found["high"]).all()
    width = (found["high"] - found["low"]) / found["value_per_customer"]
    assert width.between(0.05, 0.5).all()
    assert found.loc["P01", "high"] < found.loc["P02", "low"]


def test_an_interval_is_near_that_of_models_fitted_anew():
    rows = customers(1_500, 2)
    model = fitted(rows)
    quick = value_intervals(
        model,
        rows,
        spend_of(rows),
        discount_rate_per_year=0.1,
        random_state=0,
        draws=1_000,
    ).set_index("persona_id")
    rng = np.random.default_rng(7)
    drawn = []
    for _ in range(60):
        counts = rng.poisson(1.0, len(rows)).astype(float)
        values = expected_value(
            fitted(rows, counts), rows, discount_rate_per_year=0.1
        )
        by = (values * counts), counts
        drawn.append(
            [
                part[0][own].sum() / part[1][own].sum()
                for own in (
                    (rows["persona_id"] == one).to_numpy()
                    for one in quick.index
                )
                for part in [by]
            ]
        )
    spread = np.std(drawn, axis=0)
    ours = (quick["high"] - quick["low"]) / (2 * 1.96)
    np.testing.assert_allclose(ours, spread, rtol=0.3)
    for _, row in quick.iterrows():
        assert row["low"] < row["value_per_customer"] < row["high"]


def test_intervals_cover_the_planted_value():
    covered = 0
    for seed in range(20):
        rows = customers(800, 100 + seed)
        found = value_intervals(
            fitted(rows),
            rows,
            spend_of(rows),
            discount_rate_per_year=0.1,
            random_state=seed,
        ).set_index("persona_id")
        truth = expected_value(MODEL, rows, discount_rate_per_year=0.1)
        for persona in found.index:
            own = (rows["persona_id"] == persona).to_numpy()
            wanted = truth[own].mean()
            covered += (
                found.loc[persona, "low"]
                <= wanted
                <= found.loc[persona, "high"]
            )
    # 40 intervals of 95 %; those of one company lean on one fit.
    assert covered >= 34


def test_a_backtest_compares_single_customers():
    rows = pd.DataFrame(
        {
            "persona_id": ["P01", "P01", "P02"],
            "frequency": [2, 0, 1],
            "tenure_days": [100.0, 100.0, 50.0],
            "count_customers": [1, 1, 2],
            "sum_mean_spend": [30.0, 0.0, 10.0],
            "sum_paid_amount": [45.0, 0.0, 16.0],
            "sum_orders": [3.0, 0.0, 2.0],
            "sum_squared_orders": [9.0, 0.0, 4.0],
        }
    )
    found = backtest(
        rows, [2.5, 0.5, 1.0], [20.0, 10.0, 14.0], horizon_days=100
    ).set_index("persona_id")
    assert list(found.index) == ["P01", "P02", "company"]
    first = found.loc["P01"]
    assert first["naive_orders"] == pytest.approx(2.0)
    assert first["model_error"] == pytest.approx(0.5)
    assert first["naive_error"] == pytest.approx(np.sqrt((4 + 1) / 2))
    assert first["calibration"] == pytest.approx(1.0)
    assert first["is_model_better"]
    second = found.loc["P02"]
    # One bought twice, one not at all: the mean of 1 is off by 1 for both.
    assert second["model_error"] == pytest.approx(1.0)
    assert second["naive_error"] == pytest.approx(np.sqrt(2))
    assert found.loc["company", "actual_orders"] == 5
    # 2.5 purchases at 20 and half a one at 10; two at the mean of 30.
    assert first["actual_amount"] == 45
    assert first["predicted_amount"] == pytest.approx(55.0)
    assert first["naive_amount"] == pytest.approx(60.0)
    # One purchase each of two customers, who bring 14 together.
    assert second["predicted_amount"] == pytest.approx(14.0)


def test_a_model_that_is_worse_is_said_to_be():
    rows = pd.DataFrame(
        {
            "persona_id": ["P01"],
            "frequency": [1],
            "tenure_days": [100.0],
            "count_customers": [4],
            "sum_mean_spend": [20.0],
            "sum_paid_amount": [20.0],
            "sum_orders": [4.0],
            "sum_squared_orders": [4.0],
        }
    )
    found = backtest(rows, [9.0], [20.0], horizon_days=100)
    assert not found["is_model_better"].any()


def test_a_negative_discount_is_refused():
    with pytest.raises(ValueError, match=r"discount_rate_per_year is -0\.1"):
        value_factors(
            MODEL.purchases, customers(10, 1), discount_rate_per_year=-0.1
        )
