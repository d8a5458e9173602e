"""A refit against the model in force: who moves, what is said, who decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.identity import Fitted
from ml.refit import Comparison, compare_models, judge_refit

NOBODY = Fitted(*(pd.DataFrame() for _ in range(3)))


def fitted(centroids: dict[str, list[float]]) -> Fitted:
    """Return a k-means model of two features with these personas."""
    width = 2
    return Fitted(
        features=pd.DataFrame(
            {
                "position": [1, 2],
                "feature": ["a", "b"],
                "feature_group": ["a", "b"],
                "shape": "identity",
                "support": None,
                "prior_count": 0.0,
                "baseline": 0.0,
                "clip_low": -10.0,
                "clip_high": 10.0,
                "center": 0.0,
                "scale": 1.0,
                "weight": 1.0,
                "note": None,
            }
        ),
        centroids=pd.DataFrame(
            {
                "cluster_id": np.repeat(np.arange(len(centroids)), width),
                "position": [1, 2] * len(centroids),
                "centroid_value": np.concatenate(list(centroids.values())),
                "spread": 1.0,
            }
        ),
        clusters=pd.DataFrame(
            {
                "cluster_id": range(len(centroids)),
                "persona_id": list(centroids),
                "parent_cluster_id": None,
                "standing": "published",
            }
        ),
    )


BEFORE = fitted({"P01": [0, 0], "P02": [4, 0]})


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Return 400 customers: half evening people, who also like coupons."""
    rng = np.random.default_rng(5)
    is_late = np.arange(400) < 200
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:03}" for i in range(400)],
            "is_late": is_late,
            "evening": rng.normal(np.where(is_late, 0.7, 0.3), 0.1),
            "noise": rng.normal(size=400),
            "coupon": rng.random(400) < np.where(is_late, 0.8, 0.2),
        }
    )


def described(customers: pd.DataFrame) -> pd.DataFrame:
    long = customers.melt(
        "customer_id", ["evening", "noise"], var_name="trait"
    ).assign(trait_value=None)
    words = customers[["customer_id"]].assign(
        trait="motto",
        trait_value=np.where(customers["coupon"], "coupon", "quality"),
        value=1.0,
    )
    return pd.concat([long, words], ignore_index=True)


def personas(customers: pd.DataFrame, is_first: pd.Series) -> pd.Series:
    names = np.where(is_first, "P01", "P02")
    return pd.Series(names, index=customers["customer_id"], dtype=object)


def compare(
    customers: pd.DataFrame, before: pd.Series, after: pd.Series
) -> Comparison:
    return compare_models(
        before,
        after,
        described(customers),
        fitted_before=BEFORE,
        fitted_after=fitted({"P01": [0, 1], "P02": [4, 1]}),
    )


def test_the_same_model_changes_nothing(customers: pd.DataFrame):
    same = personas(customers, customers["is_late"])
    found = compare(customers, same, same.sample(frac=1, random_state=1))
    assert (found.count_customers, found.moved_share) == (400, 0)
    assert found.changed_share == 0
    assert not found.changes["is_changed"].any()
    said = found.changes.set_index(["persona_id", "trait"])["said_after"]
    assert said["P01", "evening"] == "higher"
    assert said["P02", "evening"] == "lower"
    assert ("P01", "noise") not in said.index
    # One step of what is four between the two.
    assert found.centroid_shift == pytest.approx(0.25)


def test_moves_and_claims_that_are_no_more_are_counted(
    customers: pd.DataFrame,
):
    before = personas(customers, customers["is_late"])
    after = personas(customers, customers["noise"] > 0)
    found = compare(customers, before, after)
    assert found.moved_share == pytest.approx((before != after).mean())
    assert found.moves["count_customers"].sum() == 400
    moved = found.moves.query("from_persona_id != to_persona_id")
    assert moved["count_customers"].sum() == (before != after).sum()
    changed = found.changes.set_index(["persona_id", "trait"])
    assert changed.loc[("P01", "evening"), "said_after"] == "alike"
    assert changed.loc[("P01", "noise"), "said_before"] == "alike"
    assert found.changed_share == 1


def test_turned_round_every_claim_is_said_the_other_way(
    customers: pd.DataFrame,
):
    found = compare(
        customers,
        personas(customers, customers["is_late"]),
        personas(customers, ~customers["is_late"]),
    )
    assert found.moved_share == 1
    pairs = set(
        zip(
            found.changes["said_before"],
            found.changes["said_after"],
            strict=True,
        )
    )
    assert pairs == {("higher", "lower"), ("lower", "higher")}


def test_a_new_persona_is_told_and_not_counted_as_a_change(
    customers: pd.DataFrame,
):
    before = personas(customers, customers["is_late"])
    after = before.mask(
        customers["coupon"].to_numpy() & (before == "P02"), "P03"
    )
    found = compare(customers, before, after)
    new = found.changes[found.changes["persona_id"] == "P03"]
    assert new["said_before"].isna().all()
    assert new["is_changed"].all()
    assert set(new["trait"]) == {"evening"}  # all like coupons: not shown
    of_both = found.changes[found.changes["persona_id"] != "P03"]
    assert found.changed_share == of_both["is_changed"].mean()


def test_none_is_a_persona_too(customers: pd.DataFrame):
    before = personas(customers, customers["is_late"])
    nobody = pd.Series(None, index=before.index, dtype=object)
    found = compare_models(
        before,
        nobody,
        described(customers),
        fitted_before=BEFORE,
        fitted_after=BEFORE,
    )
    assert found.moved_share == 1
    assert found.changes.empty
    assert np.isnan(found.changed_share)


def judged(**changed: object) -> tuple[bool, str]:
    comparison = Comparison(
        1000, 0.08, 0.1, 0.0, pd.DataFrame(), pd.DataFrame()
    )
    arguments = {
        "count_personas": 5,
        "verdict": "natural",
        "verdict_before": "reproducible",
        "comparison": comparison,
        "max_moved_share": 0.1,
    } | changed
    return judge_refit(**arguments)  # type: ignore[arg-type]


def test_the_policy_lets_pass_what_moves_few():
    assert judged()[0]
    assert not judged(max_moved_share=0.05)[0]
    assert "8.0%" in judged(max_moved_share=0.05)[1]
    assert judged(max_moved_share=0.08)[0]


def test_whoever_wants_to_decides_everything():
    is_approved, reason = judged(max_moved_share=None)
    assert not is_approved
    assert "person" in reason


def test_a_worse_model_waits():
    assert not judged(verdict="constructed")[0]
    assert not judged(verdict="none", count_personas=0)[0]
    assert judged(verdict="reproducible")[0]


def test_the_first_model_is_in_force_whatever_it_found():
    assert judged(comparison=None, verdict_before=None)[0]
    assert judged(comparison=None, verdict_before="none", verdict="none")[0]
