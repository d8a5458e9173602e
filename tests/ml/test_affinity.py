"""Affinities: against all others, said only when sure, never of a few."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ml.affinity import judge_affinities
from ml.affinity_columns import (
    CHANNEL_COLUMNS,
    JOURNEY_COLUMNS,
    PRODUCT_COLUMNS,
)
from ml.cohorts import COHORT_COLUMNS, judge_cohorts
from ml.columns import MissingColumnError

PERSONAS = ("P01", "P02", "P03", "unassigned")


def products(bought: dict[str, list[int]], buyers: list[int]) -> pd.DataFrame:
    """Return rows of both levels; each category is one subcategory."""
    rows = [
        {
            "persona_id": persona,
            "level": level,
            "category": category,
            "subcategory": "all" if level == "category" else "only",
            "count_buyers": known,
            "count_customers": count,
            "count_people": count,
            "count_orders": 2 * count,
            "net_amount": 10.0 * count,
        }
        for category, counts in bought.items()
        for level in ("category", "subcategory")
        for persona, count, known in zip(PERSONAS, counts, buyers, strict=True)
    ]
    return pd.DataFrame(rows)


def channels(hits: dict[str, list[int]]) -> pd.DataFrame:
    """Return rows of purchases, each of another customer."""
    base = np.sum(list(hits.values()), axis=0)
    rows = [
        {
            "persona_id": persona,
            "channel_kind": "order",
            "channel": channel,
            "count_people": count,
            "count_customers": count,
            "count_converted_people": 0,
            "count_known": of,
            "hits": count,
            "base": of,
            "known_hits": count,
            "known_base": of,
            "sum_hits_squared": count,
            "sum_hits_base": count,
            "sum_base_squared": of,
            "count_orders": count,
            "count_sessions": 0,
            "count_sessions_with_order": 0,
            "net_amount": 10.0 * count,
        }
        for channel, counts in hits.items()
        for persona, count, of in zip(PERSONAS, counts, base, strict=True)
    ]
    return pd.DataFrame(rows)


def journeys(hits: dict[str, list[int]]) -> pd.DataFrame:
    found = channels(hits).drop(columns=["channel_kind", "count_orders"])
    found = found.rename(columns={"channel": "first_touch"})
    return found.assign(
        middle_touch="none",
        last_touch=found["first_touch"],
        count_ordering_people=found["hits"],
        count_journeys=2 * found["hits"],
        count_open_journeys=0,
        count_sessions=3 * found["hits"],
        session_base=3 * found["base"],
    )


BUYERS = [400, 500, 600, 0]
BOUGHT = {
    "books": [200, 125, 150, 0],
    "food": [100, 130, 145, 0],
    "pets": [60, 70, 5, 0],
}
HITS = {"web": [300, 200, 250, 0], "store": [100, 300, 350, 0]}


def judged(
    bought: dict[str, list[int]] | None = None,
    hits: dict[str, list[int]] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return judge_affinities(
        products(bought or BOUGHT, BUYERS),
        channels(hits or HITS),
        journeys(hits or HITS),
    )


def cell(frame: pd.DataFrame, persona: str, **where: str) -> pd.Series:
    is_it = frame["persona_id"] == persona
    for name, value in where.items():
        is_it &= frame[name] == value
    (row,) = (row for _, row in frame[is_it].iterrows())
    return row


def test_a_persona_is_compared_with_all_others_and_not_with_itself():
    found, _, _ = judged()
    row = cell(found, "P01", level="category", category="books")
    assert row["penetration"] == 0.5
    assert row["others_penetration"] == 275 / 1_100
    assert row["lift"] == 2
    assert 1 < row["lift_low"] < 2 < row["lift_high"]
    tail = stats.fisher_exact([[200, 200], [275, 825]], "greater").pvalue
    assert row["p_value"] == pytest.approx(2 * tail, rel=1e-9)
    assert row["is_claim"]
    assert row["wallet_share"] == 200 / 360
    assert row["others_wallet_share"] == 275 / 625


def test_a_difference_that_may_be_chance_is_not_said():
    found, _, _ = judged()
    row = cell(found, "P02", level="category", category="food")
    assert row["lift"] == pytest.approx((130 / 500) / (245 / 1_000))
    assert row["lift_low"] < 1 < row["lift_high"]
    assert not row["is_claim"]


def test_unassigned_is_no_kind_of_people():
    for frame in judged():
        own = frame[frame["persona_id"] == "unassigned"]
        assert len(own)
        assert own["lift"].isna().all()
        assert not own["is_claim"].any()


def test_every_question_of_the_run_is_counted():
    """One p-value is adjusted by all that were asked, of all tables."""
    tables = judged()
    p_values = pd.concat(
        [one[["p_value", "adjusted_p_value"]] for one in tables]
    ).dropna()
    wanted = stats.false_discovery_control(p_values["p_value"])
    np.testing.assert_allclose(p_values["adjusted_p_value"], wanted)
    for frame, columns in zip(
        tables,
        (PRODUCT_COLUMNS, CHANNEL_COLUMNS, JOURNEY_COLUMNS),
        strict=True,
    ):
        assert list(frame) == columns


def test_a_few_buyers_are_hidden_and_others_with_them():
    found, _, _ = judged()
    for level in ("category", "subcategory"):
        row = cell(found, "P03", level=level, category="pets")
        assert row["is_partly_hidden"]
        names = [
            *("count_customers", "penetration", "lift", "p_value"),
            *("net_amount", "count_orders", "wallet_share"),
        ]
        assert row[names].isna().all()
    # Their number is the company's less the others'; their money too.
    pets = found[(found["category"] == "pets") & (found["level"] == "category")]
    assert pets["count_customers"].isna().sum() == 2
    own = found[(found["persona_id"] == "P03") & (found["level"] == "category")]
    assert own["net_amount"].isna().sum() == 2


def test_who_has_not_bought_is_hidden_too_where_it_is_a_few():
    found, _, _ = judged({**BOUGHT, "home": [397, 300, 300, 0]})
    row = cell(found, "P01", level="category", category="home")
    assert pd.isna(row["count_customers"])
    assert pd.isna(row["penetration"])
    assert row["net_amount"] == 3_970


def test_a_persona_of_a_few_buyers_does_not_say_how_many():
    found, _, _ = judge_affinities(
        products({"books": [200, 125, 150, 4]}, [400, 500, 600, 7]),
        channels(HITS),
        journeys(HITS),
    )
    own = found[found["persona_id"] == "unassigned"]
    assert own["count_buyers"].isna().all()
    assert own["penetration"].isna().all()


def test_money_of_a_channel_is_hidden_with_its_few_customers():
    _, found, _ = judged(hits={**HITS, "phone": [4, 40, 50, 0]})
    row = cell(found, "P01", channel="phone")
    assert row[["count_orders", "net_amount", "channel_share"]].isna().all()
    shown = cell(found, "P03", channel="phone")
    assert shown["count_orders"] == 50


def test_a_channel_is_compared_by_its_part_of_the_purchases():
    _, found, paths = judged()
    row = cell(found, "P01", channel="web")
    assert row["channel_share"] == 0.75
    assert row["lift"] == pytest.approx(0.75 / (450 / 1_100))
    assert row["is_claim"]
    way = cell(paths, "P01", first_touch="web")
    assert way["order_share"] == 0.75
    assert way["lift"] == row["lift"]
    assert way["conversion_share"] == 0.5
    assert way["session_share"] == 0.75


def test_equal_personas_make_no_claim_in_19_of_20_runs():
    random = np.random.default_rng(4)
    said = 0
    for _ in range(60):
        bought = {
            name: [*(int(random.binomial(n, share)) for n in BUYERS[:3]), 0]
            for name, share in {"a": 0.2, "b": 0.4, "c": 0.6}.items()
        }
        found, _, _ = judged(bought, {"web": [200, 250, 300, 0],
                                      "app": [200, 250, 300, 0]})  # fmt: skip
        said += bool(found["is_claim"].any())
    assert said <= 3


def test_counts_are_not_changed_and_missing_columns_are_named():
    own = products(BOUGHT, BUYERS)
    before = own.copy()
    judge_affinities(own, channels(HITS), journeys(HITS))
    pd.testing.assert_frame_equal(own, before)
    with pytest.raises(MissingColumnError, match="count_buyers"):
        judge_affinities(
            own.drop(columns="count_buyers"), channels(HITS), journeys(HITS)
        )


def test_a_company_without_anybody_has_no_affinities():
    none = [
        frame.iloc[:0]
        for frame in (products(BOUGHT, BUYERS), channels(HITS), journeys(HITS))
    ]
    for frame in judge_affinities(*none):
        assert frame.empty


# -- cohorts -----------------------------------------------------------------


def cohort(
    persona: str,
    start: str,
    active: list[int],
    *,
    is_told: bool = True,
    months: int = 3,
    lived: int | None = None,
) -> pd.DataFrame:
    """Return a cohort of which so many were active at each age."""
    ages = range(len(active))
    return pd.DataFrame(
        {
            "persona_basis": "month",
            "persona_id": persona,
            "cohort_start": pd.Timestamp(start),
            "is_told": is_told,
            "cohort_months": 3,
            "age_months": 3,
            "months_since": [3 * age for age in ages],
            "is_complete": [lived is None or age < lived for age in ages],
            "count_first_months": months,
            "count_customers": active[0],
            "active_customers": active,
            "count_orders": active,
            "net_amount": [10.0 * one for one in active],
        }
    )


def test_a_curve_adds_up_and_has_its_interval():
    found = judge_cohorts(cohort("P01", "2025-01-01", [100, 40, 30]))
    assert list(found) == COHORT_COLUMNS
    assert found["retained_share"].tolist() == [1, 0.4, 0.3]
    assert found["cumulative_net_amount"].tolist() == [1_000, 1_400, 1_700]
    assert found["cumulative_net_amount_per_customer"].tolist() == [10, 14, 17]
    wilson = stats.binomtest(40, 100).proportion_ci(method="wilson")
    assert found["retained_low"][1] == pytest.approx(wilson.low)
    assert found["retained_high"][1] == pytest.approx(wilson.high)
    assert found["is_whole"].all()


def test_a_curve_ends_where_it_would_show_a_few():
    found = judge_cohorts(cohort("P01", "2025-01-01", [100, 40, 7, 50]))
    assert found["months_since"].tolist() == [0, 3]
    idle = judge_cohorts(cohort("P01", "2025-01-01", [100, 40, 95, 50]))
    assert idle["months_since"].tolist() == [0, 3]


def test_an_age_that_not_all_have_lived_through_is_not_told():
    found = judge_cohorts(
        cohort("P01", "2025-01-01", [100, 40, 30, 20], lived=2)
    )
    assert found["months_since"].tolist() == [0, 3]


def test_a_small_cohort_takes_another_of_its_persona_and_of_its_time():
    rows = [
        cohort(persona, start, [count, count // 2])
        for persona, counts in {
            "P01": (6, 60, 90),
            "P02": (80, 120, 100),
            "P03": (95, 70, 130),
        }.items()
        for start, count in zip(
            ("2025-01-01", "2025-04-01", "2025-07-01"), counts, strict=True
        )
    ]
    found = judge_cohorts(pd.concat(rows))
    shown = set(zip(found["persona_id"], found["cohort_start"].dt.month))  # noqa: B905
    assert ("P01", 1) not in shown
    assert ("P01", 4) not in shown
    assert ("P02", 1) not in shown
    assert ("P03", 7) in shown


def test_a_month_that_is_left_out_elsewhere_is_left_out_here():
    """Alone its customers are the cohort's less those that are told."""
    told = cohort("P01", "2025-01-01", [100, 40])
    alone = cohort("P01", "2025-01-01", [9, 5], is_told=False, months=1)
    found = judge_cohorts(pd.concat([told, alone]))
    assert found["count_customers"].tolist() == [100, 100]
    assert not found["is_whole"].any()
    two = cohort("P01", "2025-01-01", [15, 5], is_told=False, months=2)
    found = judge_cohorts(pd.concat([told, two]))
    assert found["count_customers"].tolist() == [115, 115]
    assert found["active_customers"].tolist() == [115, 45]
    assert found["is_whole"].all()


def test_no_cohorts_make_no_rows():
    none = cohort("P01", "2025-01-01", [100]).iloc[:0]
    assert judge_cohorts(none).empty
