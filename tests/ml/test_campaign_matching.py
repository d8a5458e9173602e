"""Matching: what confounds is taken out, and where it cannot be, is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from campaign_sims import arm_row

from ml import campaign_matching as matching
from ml.campaign_effect import UNLIKE_MATCHED, judge_campaigns
from ml.campaign_matching import match_customers
from ml.columns import MissingColumnError

COVARIATES = ["orders_last_year", "months_since_order", "sessions_last_year"]
LIFT = 0.05


def cohort(
    seed: int,
    count: int = 6_000,
    *,
    lift: float = LIFT,
    confounding: float = 0.8,
) -> pd.DataFrame:
    """Draw customers of whom the active are treated, and buy more anyway."""
    rng = np.random.default_rng(seed)
    activity = rng.normal(size=count)
    persona = np.where(rng.random(count) < 0.5 + 0.1 * activity, "P01", "P02")
    chance = 1 / (1 + np.exp(1.2 - confounding * activity))
    treated = rng.random(count) < chance
    base = np.clip(0.15 + 0.06 * activity, 0.01, 0.6)
    bought = rng.random(count) < base + lift * treated
    spent = bought * rng.exponential(40, count)
    return pd.DataFrame(
        {
            "arm": np.where(treated, "treated", "compared"),
            "persona_id": persona,
            "orders_last_year": activity + rng.normal(0, 0.2, count),
            "months_since_order": -activity + rng.normal(0, 0.2, count),
            "sessions_last_year": activity + rng.normal(0, 0.2, count),
            "count_orders": bought.astype(int),
            "net_amount": spent,
            "costed_net_amount": spent,
            "margin_amount": 0.4 * spent,
        }
    )


def judged(found: matching.Matching, drawn: pd.DataFrame) -> pd.Series:
    """Return the total of one campaign made of the matched."""
    own = drawn[drawn["arm"] == "treated"]
    arms = pd.DataFrame(
        [
            arm_row("C", str(persona_id), "treated", len(rows), 0)
            for persona_id, rows in own.groupby("persona_id")
        ]
    )
    is_unlike = matching.is_unlike(found.balance, is_randomised=False)
    refused = pd.DataFrame({"campaign_id": ["C"] if is_unlike else []})
    strata = found.strata.assign(campaign_id="C")
    return judge_campaigns(
        arms, strata, refused, smallest_relevant_lift=0.02
    ).totals.iloc[0]


def test_the_naive_difference_is_wrong_and_the_matched_one_near_the_truth() -> (
    None
):
    naive, matched, covered = [], [], []
    for seed in range(30):
        drawn = cohort(seed)
        share = (drawn["count_orders"] > 0).groupby(drawn["arm"]).mean()
        naive.append(share["treated"] - share["compared"])
        row = judged(match_customers(drawn, COVARIATES), drawn)
        assert row["evidence"] == "observational"
        matched.append(row["lift"])
        covered.append(row["lift_low"] <= LIFT <= row["lift_high"])
    assert np.mean(naive) > LIFT + 0.035
    assert np.mean(matched) == pytest.approx(LIFT, abs=0.006)
    assert np.mean(covered) >= 0.9


def test_a_campaign_without_effect_is_seldom_called_works() -> None:
    naive, matched = [], []
    for seed in range(40):
        drawn = cohort(1_000 + seed, 4_000, lift=0.0)
        share = (drawn["count_orders"] > 0).groupby(drawn["arm"])
        naive.append(share.mean()["treated"] - share.mean()["compared"])
        row = judged(match_customers(drawn, COVARIATES), drawn)
        matched.append(row["verdict"] == "works")
    assert np.mean(naive) > 0.035
    assert np.mean(matched) <= 0.08


def test_the_balance_table_says_before_and_after() -> None:
    found = match_customers(cohort(1), COVARIATES).balance
    found = found.set_index("covariate")
    assert set(found.index) == {*COVARIATES, "persona_P01", "persona_P02"}
    assert (found.loc[COVARIATES, "difference_before"].abs() > 0.4).all()
    assert (found["difference_after"].abs() < 0.1).all()
    assert found["is_balanced"].all()


def test_the_difference_before_is_the_one_of_the_textbook() -> None:
    drawn = cohort(2)
    own = drawn.loc[drawn["arm"] == "treated", "orders_last_year"]
    other = drawn.loc[drawn["arm"] == "compared", "orders_last_year"]
    expected = (own.mean() - other.mean()) / np.sqrt(
        (own.var() + other.var()) / 2
    )
    found = match_customers(drawn, COVARIATES).balance.set_index("covariate")
    assert found.loc["orders_last_year", "difference_before"] == pytest.approx(
        expected
    )


def test_strata_hold_every_customer_of_the_common_range_once() -> None:
    drawn = cohort(3)
    found = match_customers(drawn, COVARIATES).strata
    whole = found[found["persona_id"].isna()]
    parts = found[found["persona_id"].notna()]
    counted = whole.groupby("arm")["count_customers"].sum()
    assert counted.to_dict() == (
        parts.groupby("arm")["count_customers"].sum().to_dict()
    )
    assert counted["treated"] <= (drawn["arm"] == "treated").sum()
    assert counted["treated"] >= 0.98 * (drawn["arm"] == "treated").sum()
    least = whole.pivot_table(
        index="stratum", columns="arm", values="count_customers"
    ).min()
    assert least["treated"] >= matching.TREATED_PER_STRATUM
    assert least["compared"] >= matching.COMPARED_PER_STRATUM


def test_customers_who_have_no_like_are_not_compared() -> None:
    drawn = cohort(4)
    treated = drawn["arm"] == "treated"
    drawn.loc[treated, COVARIATES] += 20.0
    found = match_customers(drawn, COVARIATES)
    assert found.strata.empty
    assert not found.balance["is_balanced"].any()
    assert judged(found, drawn)["verdict"] == "not enough data"


def test_a_difference_that_matching_leaves_withholds_the_verdict() -> None:
    drawn = cohort(5, 800, confounding=2.0)
    other = drawn[drawn["arm"] == "compared"].head(40)
    drawn = pd.concat([drawn[drawn["arm"] == "treated"], other])
    found = match_customers(drawn, COVARIATES)
    assert not found.strata.empty
    assert not found.balance["is_balanced"].all()
    row = judged(found, drawn)
    assert row["verdict"] == "not enough data"
    assert row["verdict_reason"] == UNLIKE_MATCHED


def test_few_customers_are_not_matched() -> None:
    drawn = cohort(7, 60)
    found = match_customers(drawn.head(20), COVARIATES)
    assert found.strata.empty
    assert found.balance["difference_after"].isna().all()


def test_the_same_customers_in_another_order_are_matched_alike() -> None:
    drawn = cohort(8, 2_000)
    mixed = drawn.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        match_customers(drawn, COVARIATES).strata,
        match_customers(mixed, COVARIATES).strata,
    )


def test_a_missing_covariate_is_named() -> None:
    with pytest.raises(MissingColumnError, match="tickets_last_year"):
        match_customers(cohort(9, 100), ["tickets_last_year"])


def moments(treated: float, held_out: float, count: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("C", "orders_last_year", arm, count, mean, 1.0)
            for arm, mean in (("treated", treated), ("held_out", held_out))
        ],
        columns=[
            "campaign_id",
            "covariate",
            "arm",
            "count_customers",
            "mean",
            "variance",
        ],
    )


@pytest.mark.parametrize(
    ("apart", "count", "is_balanced", "is_unlike"),
    [
        (0.05, 100_000, True, False),
        (0.2, 100, True, False),
        (0.2, 10_000, False, False),
        (0.3, 10_000, False, True),
        (0.3, 100, True, False),
    ],
)
def test_held_out_customers_may_differ_by_chance_and_no_more(
    apart: float, count: int, is_balanced: bool, is_unlike: bool
) -> None:
    found = matching.balance_of_arms(moments(apart, 0.0, count))
    assert found["difference_after"].iloc[0] == pytest.approx(apart)
    assert bool(found["is_balanced"].iloc[0]) is is_balanced
    assert matching.is_unlike(found, is_randomised=True) is is_unlike
