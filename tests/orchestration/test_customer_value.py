"""SQL applies the value models as Python has them, and sums what it applied."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from homes import Home

from ml.value import DAYS_PER_MONTH
from ml.value_models import BgNbd, GammaGamma
from orchestration.lib.value import COUNTS, ValueSettings, judge_value

EXACT = 1e-9
BY_MODEL = ("model", "single purchase")


@pytest.fixture(scope="module")
def values(built: Home) -> pd.DataFrame:
    frame = built.frame("from intermediate.int_customer_value")
    return frame.sort_values("customer_id").reset_index(drop=True)


@pytest.fixture(scope="module")
def purchases(built: Home) -> pd.DataFrame:
    """Return one row per customer and day with a purchase."""
    orders = built.frame(
        "select customer_id, ordered_date as day, "
        "gross_amount - discount_amount as paid "
        "from marts.orders where is_purchase and customer_id is not null"
    )
    orders["day"] = pd.to_datetime(orders["day"])
    return orders.groupby(["customer_id", "day"], as_index=False)["paid"].sum()


@pytest.fixture(scope="module")
def fitted(built: Home) -> dict[str, float]:
    rows = built.rows(
        "select model_name || '.' || persona_id || '.' || parameter, "
        "parameter_value from ml.value_parameters"
    )
    return dict(rows)


def test_every_buyer_is_valued_once(built: Home, values: pd.DataFrame):
    buyers = built.rows(
        "select count(*) from marts.customers where first_order_date is not "
        "null"
    )[0][0]
    assert len(values) == buyers
    assert values["customer_id"].is_unique
    assert values["expected_orders_12m"].notna().all()
    assert set(values["method"]) <= {*BY_MODEL, "regular", "naive"}
    assert (values["method"] == "model").sum() > 100


def test_what_the_models_see_equals_a_recomputation(
    built: Home, values: pd.DataFrame, purchases: pd.DataFrame
):
    as_of = pd.Timestamp(
        built.rows("select as_of_date from intermediate.int_as_of_date")[0][0]
    )
    by = purchases.groupby("customer_id")
    first, last = by["day"].min(), by["day"].max()
    later = purchases[purchases["day"] > purchases["customer_id"].map(first)]
    wanted = pd.DataFrame(
        {
            "frequency": by.size() - 1,
            "recency_days": (last - first).dt.days,
            "tenure_days": (as_of - first).dt.days,
            "mean_spend": later.groupby("customer_id")["paid"].mean(),
        }
    ).loc[values["customer_id"]]
    for column in wanted:
        np.testing.assert_allclose(
            values[column].astype(float), wanted[column], rtol=EXACT
        )


def test_sql_expects_of_every_customer_what_the_models_expect(
    values: pd.DataFrame, fitted: dict[str, float]
):
    bought = BgNbd(
        *(
            fitted[f"BG/NBD.company.{name}"]
            for name in ("r", "alpha", "a", "b")
        ),
        np.nan,
    )
    own = values[values["method"].isin(BY_MODEL)]
    keys = [own["frequency"], own["recency_days"], own["tenure_days"]]
    for month in (3, 6, 12):
        np.testing.assert_allclose(
            own[f"expected_orders_{month}m"],
            bought.expected_purchases(*keys, horizon=month * DAYS_PER_MONTH),
            rtol=EXACT,
        )
    came_back = own[own["method"] == "model"]
    np.testing.assert_allclose(
        came_back["p_alive"],
        bought.p_alive(
            came_back["frequency"],
            came_back["recency_days"],
            came_back["tenure_days"],
        ),
        rtol=EXACT,
    )
    single = own[own["method"] == "single purchase"]
    assert single["p_alive"].isna().all()
    assert (single["frequency"] == 0).all()
    own_spends = 0
    for persona, some in own.groupby("persona_id"):
        named = persona if f"Gamma-Gamma.{persona}.p" in fitted else "company"
        own_spends += named != "company"
        spend = GammaGamma(
            *(
                fitted[f"Gamma-Gamma.{named}.{name}"]
                for name in ("p", "q", "v")
            ),
            np.nan,
        )
        np.testing.assert_allclose(
            some["spend_per_order"],
            spend.expected_spend(
                some["frequency"], some["mean_spend"].fillna(0).clip(lower=0)
            ),
            rtol=EXACT,
        )
    assert own_spends > 2


def test_even_buyers_go_on_at_their_interval(values: pd.DataFrame):
    even = values[values["method"] == "regular"]
    assert len(even)
    assert (even["frequency"] >= 5).all()
    year = 12 * DAYS_PER_MONTH
    gap = even["recency_days"] / even["frequency"]
    np.testing.assert_allclose(
        even["expected_orders_12m"], even["p_alive"] * year / gap, rtol=EXACT
    )


def test_the_naive_mean_is_used_where_the_backtest_says_so(
    built: Home, values: pd.DataFrame
):
    better = dict(
        built.rows(
            "select persona_id, is_model_better from marts.value_backtest"
        )
    )
    for persona, own in values.groupby("persona_id"):
        is_naive = not better.get(persona, better["company"])
        assert (own["method"] == "naive").all() == is_naive, persona
        if is_naive:
            pace = own["frequency"].sum() / own["tenure_days"].sum()
            np.testing.assert_allclose(
                own["expected_orders_12m"],
                pace * 12 * DAYS_PER_MONTH,
                rtol=EXACT,
            )


def test_the_backtest_equals_a_recomputation(
    built: Home, purchases: pd.DataFrame
):
    found = built.frame("from ml.value_backtest_results").set_index(
        "persona_id"
    )
    cut, horizon = built.rows(
        "select cut_date, horizon_days from intermediate.int_value_periods"
    )[0]
    cut = pd.Timestamp(cut)
    then = purchases[purchases["day"] <= cut].groupby("customer_id")["day"]
    known = pd.DataFrame(
        {
            "frequency": then.count() - 1,
            "tenure": (cut - then.min()).dt.days,
        }
    )
    after = purchases[purchases["day"] > cut].groupby("customer_id")
    known["after"] = after.size().reindex(known.index, fill_value=0)
    known["paid"] = after["paid"].sum().reindex(known.index, fill_value=0)
    segments = built.frame(
        "select customer_id, persona_id from intermediate."
        "int_customer_segments cross join intermediate.int_value_periods "
        "where persona_basis = 'month' and cut_persona_month >= from_month "
        "and cut_persona_month < to_month"
    ).set_index("customer_id")["persona_id"]
    known["persona_id"] = known.index.map(segments)
    both = pd.concat([known, known.assign(persona_id="company")])
    by = both.groupby("persona_id")
    pace = by["frequency"].sum() / by["tenure"].sum()
    wanted = pd.DataFrame(
        {
            "count_customers": by.size(),
            "actual_orders": by["after"].sum(),
            "actual_amount": by["paid"].sum(),
            "naive_orders": pace * horizon * by.size(),
        }
    )
    apart = both["after"] - both["persona_id"].map(pace) * horizon
    wanted["naive_error"] = np.sqrt(
        (apart**2).groupby(both["persona_id"]).mean()
    )
    for column in wanted:
        np.testing.assert_allclose(
            found[column], wanted.loc[found.index, column], rtol=1e-9
        )
    assert (
        (found["model_error"] <= found["naive_error"])
        == found["is_model_better"]
    ).all()


def test_personas_sum_what_their_customers_are_worth(
    built: Home, values: pd.DataFrame
):
    found = built.frame("from marts.persona_value").set_index("persona_id")
    shown = found[~found["is_hidden"]]
    assert len(shown) > 3
    sums = values.groupby("persona_id")
    np.testing.assert_allclose(
        shown["count_customers"].astype(float),
        sums.size()[shown.index].astype(float),
    )
    for column in ("clv_12m", "expected_net_amount_12m"):
        np.testing.assert_allclose(
            shown[column], sums[column].sum()[shown.index], atol=1e-3
        )
    share = sums["clv_12m"].sum() / values["clv_12m"].sum()
    np.testing.assert_allclose(
        shown["clv_share"], share[shown.index], atol=1e-6
    )
    is_naive = shown["method"] == "naive"
    assert shown.loc[is_naive, "clv_per_customer_low"].isna().all()
    sure = shown[~is_naive]
    assert len(sure)
    assert (sure["clv_per_customer_low"] < sure["clv_per_customer"]).all()
    assert (sure["clv_per_customer"] < sure["clv_per_customer_high"]).all()


def test_published_figures_of_a_customer_are_rounded(built: Home):
    rows = built.published(
        "select p_alive, expected_orders_12m, clv_12m, currency "
        "from bi.customer_value"
    )
    assert len(rows) > 1_000
    for alive, orders, clv, currency in rows:
        assert alive is None or round(alive, 2) == alive
        assert round(orders, 1) == orders
        assert clv == int(clv)
        assert currency == "USD"


def test_too_few_repeaters_are_said_to_be_too_few(built: Home):
    counts = {name: built.frame(sql).head(0) for name, sql in COUNTS.items()}
    tables = judge_value(counts, ValueSettings(0.1, None))
    status = tables["value_status"].iloc[0]
    assert not status["is_fitted"]
    assert status["reason"] == (
        "0 customers bought again: at least 50 are needed."
    )
    assert tables["value_factors"].empty
