from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from ml.columns import (
    CENTROID_COLUMNS,
    CLUSTER_COLUMNS,
    CRITERIA_COLUMNS,
    FEATURE_COLUMNS,
    SPLIT_COLUMNS,
    DuplicateCustomerError,
    MissingColumnError,
)
from ml.levels import judge_clusters
from ml.persona_model import PersonaModel, score, train
from ml.scaling import FeatureSpec, apply_scaling

SPECS = [
    FeatureSpec("spend", "money", "log1p"),
    FeatureSpec("weekend_share", "when", "identity", "count_orders", 4.0),
    FeatureSpec("web_share", "channel"),
    FeatureSpec("visits", "web", "sqrt"),
]
KS = range(2, 6)
MEANS = np.array(  # log spend, weekend, web, visits
    [[3, 0.2, 0.2, 20], [3, 0.8, 0.8, 20], [6, 0.2, 0.8, 90], [6, 0.8, 0.2, 90]]
)


def customers(count: int = 800, seed: int = 0) -> pd.DataFrame:
    """Four planted personas of unequal size; ``planted`` says which."""
    rng = np.random.default_rng(seed)
    planted = rng.choice(4, count, p=[0.4, 0.3, 0.2, 0.1])
    means = MEANS[planted]
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:05d}" for i in range(count)],
            "spend": np.exp(means[:, 0] + rng.normal(0, 0.4, count)),
            "weekend_share": np.clip(
                means[:, 1] + rng.normal(0, 0.1, count), 0, 1
            ),
            "count_orders": rng.integers(2, 30, count),
            "web_share": np.clip(means[:, 2] + rng.normal(0, 0.1, count), 0, 1),
            "visits": rng.poisson(means[:, 3]).astype(float),
            "planted": planted,
        }
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return customers()


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> PersonaModel:
    return train(frame, SPECS, k_range=KS)


def personas(frame: pd.DataFrame, model: PersonaModel) -> pd.Series:
    return score(frame, model).set_index("customer_id")["persona_id"]


def test_planted_personas_are_found(frame, model):
    assert (model.count_clusters, model.verdict) == (4, "natural")
    scored = score(frame, model)
    found = adjusted_rand_score(frame["planted"], scored["cluster_id"])
    assert found > 0.98
    assert model.clusters["persona_id"].tolist() == ["P01", "P02", "P03", "P04"]
    assert (model.clusters["standing"] == "published").all()


def test_the_frames_are_the_tables_of_schema_ml(frame, model):
    assert list(model.features.columns) == FEATURE_COLUMNS
    assert list(model.criteria.columns) == [
        "parent_cluster_id",
        *CRITERIA_COLUMNS,
    ]
    assert list(model.centroids.columns) == CENTROID_COLUMNS
    assert list(model.clusters.columns) == [
        *CLUSTER_COLUMNS,
        *SPLIT_COLUMNS,
    ]
    assert len(model.centroids) == 4 * len(SPECS)
    assert set(model.centroids["position"]) == set(model.features["position"])
    sizes = score(frame, model)["cluster_id"].value_counts().sort_index()
    assert model.clusters["count_sampled"].tolist() == sizes.tolist()
    assert model.count_sampled == len(frame)
    chosen = model.criteria[model.criteria["is_chosen"]]
    assert chosen["min_jaccard"].item() == model.clusters["jaccard"].min()


def test_rows_permuted_give_the_same_model(frame, model):
    shuffled = train(frame.sample(frac=1, random_state=3), SPECS, k_range=KS)
    for name in ("features", "centroids", "clusters", "criteria"):
        pd.testing.assert_frame_equal(
            getattr(shuffled, name), getattr(model, name)
        )


def test_another_seed_keeps_personas(frame, model):
    before = personas(frame, model)
    again = train(
        frame,
        SPECS,
        k_range=KS,
        random_state=99,
        previous=before.reset_index(),
        used_ids=["P01", "P02", "P03", "P04"],
    )
    after = personas(frame, again)
    assert (before == after).mean() >= 0.99
    assert set(before) == set(after)


def test_one_per_cent_new_customers_keep_persona_ids(frame, model):
    before = personas(frame, model)
    newcomers = customers(8, seed=5).assign(
        customer_id=[f"a{i}" for i in range(8)]
    )
    grown = pd.concat([frame, newcomers], ignore_index=True)
    again = train(grown, SPECS, k_range=KS, previous=before.reset_index())
    after = personas(frame, again)
    assert (before == after).mean() >= 0.95


def test_old_names_are_kept_when_sizes_say_otherwise(frame, model):
    old = {"P01": "P09", "P02": "P03", "P03": "P02", "P04": "P05"}
    previous = personas(frame, model).map(old).reset_index()
    again = train(frame, SPECS, k_range=KS, previous=previous)
    assert again.clusters["persona_id"].tolist() == list(old.values())


def test_customers_who_are_all_new_find_the_personas_at_their_place(
    frame, model
):
    strangers = customers(900, seed=1)
    strangers["customer_id"] = "new-" + strangers["customer_id"]
    again = train(
        strangers,
        SPECS,
        k_range=KS,
        previous=personas(frame, model).reset_index(),
        previous_model=model,
    )
    both = pd.crosstab(
        strangers["planted"], personas(strangers, again).to_numpy()
    )
    before = pd.crosstab(frame["planted"], personas(frame, model).to_numpy())
    assert (both.idxmax(axis=1) == before.idxmax(axis=1)).all()
    assert set(again.events["event"]) == {"matched"}
    assert again.events["centroid_distance"].between(0, 1).all()


def test_a_persona_that_is_new_is_born_and_one_that_is_gone_retires(
    frame, model
):
    before = frame[frame["planted"] != 2]
    first = train(before, SPECS, k_range=KS)
    assert set(first.events["event"]) == {"born"}
    previous = personas(frame, first).reset_index()
    previous.loc[frame["planted"] == 2, "persona_id"] = "unassigned"
    second = train(
        frame, SPECS, k_range=KS, previous=previous, previous_model=first
    )
    events = second.events.set_index("persona_id")["event"].to_dict()
    assert events == dict.fromkeys(("P01", "P02", "P03"), "matched") | {
        "P04": "born"
    }
    later = frame[frame["planted"] != 1]
    third = train(
        later,
        SPECS,
        k_range=KS,
        previous=personas(frame, second).reset_index(),
        previous_model=second,
        used_ids=["P01", "P02", "P03", "P04"],
    )
    gone = personas(frame, second)[frame["planted"].to_numpy() == 1].mode()[0]
    events = third.events.set_index("persona_id")["event"].to_dict()
    assert events.pop(gone) == "retired"
    assert set(events.values()) == {"matched"}


def test_where_nothing_is_found_all_personas_retire(frame, model):
    noise = frame.head(20)
    found = train(noise, SPECS, previous=personas(frame, model).reset_index())
    assert found.count_clusters == 0
    assert found.events["event"].tolist() == ["retired"] * 4


def test_confidence_is_one_at_a_centroid_and_zero_half_way(frame, model):
    scored = score(frame, model)
    assert scored["confidence"].between(0, 1).all()
    expected = 1 - scored["distance"] / scored["runner_up_distance"]
    np.testing.assert_allclose(scored["confidence"], expected)
    assert (scored["persona_id"] != scored["runner_up_persona_id"]).all()
    # Move the centroids: one customer onto its centroid, one half-way.
    points = apply_scaling(frame, model.features)
    moved = model.centroids["centroid_value"].to_numpy().reshape(4, -1).copy()
    moved[0] = points[0]
    moved[1] = 2 * points[1] - points[0]
    still = PersonaModel(
        **vars(model)
        | {
            "centroids": model.centroids.assign(centroid_value=moved.ravel()),
        }
    )
    confidence = score(frame.head(2), still)["confidence"]
    assert confidence.iloc[0] == 1.0
    nearest = score(frame.iloc[[1]], still)
    if {nearest["cluster_id"].item(), nearest["runner_up_id"].item()} == {0, 1}:
        assert confidence.iloc[1] == pytest.approx(0.0, abs=1e-9)


def test_a_score_does_not_depend_on_row_order_or_company(frame, model):
    whole = score(frame, model).set_index("customer_id")
    part = score(frame.iloc[[7, 3]], model).set_index("customer_id")
    pd.testing.assert_frame_equal(part, whole.loc[part.index])


@pytest.mark.parametrize("feature", ["spend", "visits", "count_orders"])
def test_an_absurd_customer_moves_nobody(frame, model, feature):
    """A spend of 10^12 makes no persona and moves at most 1 % of the others."""
    absurd = frame.copy()
    absurd[feature] = absurd[feature].astype(float)
    absurd.loc[5, feature] = 1e12
    again = train(absurd, SPECS, k_range=KS)
    assert again.count_clusters == model.count_clusters
    assert again.verdict == "natural"
    assert again.clusters["count_sampled"].min() > 30
    others = frame.drop(index=5)
    before, after = personas(others, model), personas(others, again)
    assert (before != after).mean() <= 0.01
    whole = score(absurd, again)
    assert whole[["distance", "confidence"]].notna().all(axis=None)


def test_a_mixture_is_stored_and_scored_like_k_means(frame, model):
    """A wide persona with two narrow ones in its skirts, as tables."""
    rng = np.random.default_rng(0)
    names = [f"feature_{i}" for i in range(6)]
    centers = np.linalg.qr(rng.normal(size=(6, 6)))[0][:3] * 4 / np.sqrt(2)
    planted = rng.choice(3, 1000, p=[0.6, 0.25, 0.15])
    spreads = np.array([2.0, 0.5, 0.3])[planted][:, None]
    points = centers[planted] + rng.normal(size=(1000, 6)) * spreads
    uneven = pd.DataFrame(points, columns=names).assign(
        customer_id=[f"c{i}" for i in range(1000)]
    )
    mixed = train(uneven, [FeatureSpec(n, n) for n in names], k_range=KS)
    assert (mixed.algorithm, mixed.verdict) == ("mixture", "natural")
    assert list(mixed.centroids.columns) == list(model.centroids.columns)
    assert list(mixed.clusters.columns) == list(model.clusters.columns)
    assert mixed.clusters["score_offset"].min() == 0
    assert mixed.centroids["spread"].nunique() > 1
    scored = score(uneven, mixed)
    assert adjusted_rand_score(planted, scored["cluster_id"]) > 0.95
    squared = scored["runner_up_distance"] ** 2 - scored["distance"] ** 2
    np.testing.assert_allclose(scored["confidence"], 1 - np.exp(-squared / 2))
    assert scored["confidence"].between(0, 1).all()
    # K-means, in the same tables, has no spread and no offset.
    assert (model.algorithm, model.verdict) == ("kmeans", "natural")
    assert (model.centroids["spread"] == 1).all()
    assert (model.clusters["score_offset"] == 0).all()


def test_weak_and_small_clusters_are_not_published():
    sizes = np.array([50, 50, 50, 5])
    judged = judge_clusters(sizes, np.array([0.75, 0.60, 0.59, 0.99]), 30.0)
    assert judged["standing"].tolist() == [
        "published",
        "provisional",
        "not_published",
        "not_published",
    ]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f.head(0), "no customers"),
        (lambda f: f.head(1), "1 customers are too few"),
        (lambda f: f.head(59), "too few"),
        (
            lambda f: f.assign(**{spec.name: 1.0 for spec in SPECS}),
            "No feature tells customers apart",
        ),
        (
            lambda f: f.assign(**{spec.name: np.nan for spec in SPECS}),
            "No feature tells customers apart",
        ),
    ],
)
def test_too_little_data_is_a_verdict_not_an_exception(frame, spoil, words):
    poor = spoil(frame)
    model = train(poor, SPECS, k_range=KS)
    assert (model.verdict, model.count_clusters) == ("none", 0)
    assert words in model.verdict_reason
    assert model.centroids.empty
    assert model.clusters.empty
    scored = score(frame, model)
    assert len(scored) == len(frame)
    assert scored["persona_id"].isna().all()
    assert scored["confidence"].isna().all()
    assert set(scored) == set(score(frame.head(0), model))


def test_few_distinct_customers_do_not_crash(frame):
    two_kinds = frame.assign(
        spend=np.where(frame.index % 2, 10.0, 500.0),
        weekend_share=0.5,
        web_share=0.5,
        visits=3.0,
        count_orders=5,
    )
    model = train(two_kinds, SPECS, k_range=KS)
    assert model.count_clusters in {0, 2}
    assert model.verdict != "natural"  # one feature's values, no more


def test_noise_leaves_everybody_unassigned():
    rng = np.random.default_rng(0)
    names = [f"feature_{i}" for i in range(8)]
    noise = pd.DataFrame(rng.normal(size=(900, 8)), columns=names).assign(
        customer_id=[f"c{i}" for i in range(900)]
    )
    model = train(noise, [FeatureSpec(n, n) for n in names], k_range=KS)
    assert model.verdict == "none"
    assert "No grouping" in model.verdict_reason
    assert "Everybody is unassigned" in model.verdict_reason
    assert len(model.criteria) == 2 * len(KS)
    assert score(noise, model)["persona_id"].isna().all()


def test_errors_name_the_column(frame):
    with pytest.raises(MissingColumnError, match="'visits'"):
        train(frame.drop(columns="visits"), SPECS)
    with pytest.raises(DuplicateCustomerError):
        train(pd.concat([frame, frame]), SPECS)


def test_inputs_are_not_mutated(frame, model):
    before = frame.copy(deep=True)
    score(frame, model)
    train(frame.head(70), SPECS, k_range=(2,))
    pd.testing.assert_frame_equal(frame, before)


# -- sub-personas -----------------------------------------------------------


def nested_customers(
    count: int = 3000, last_share: float = 0.2
) -> pd.DataFrame:
    """Three groups far apart, of which the first two fall in two each."""
    rng = np.random.default_rng(0)
    shares = np.array([0.3, 0.25, 0.25, 0.2]) * (1 - last_share)
    planted = rng.choice(5, count, p=[*shares, last_share])
    whole = np.array([0, 0, 1, 1, 2])[planted]
    far = np.array([[0.0, 0.0], [8.0, 0.0], [4.0, 7.0]])[whole]
    near = np.array([-1.0, 1.0, -1.0, 1.0, 0.0])[planted]
    known = {name: far[:, place % 2] for place, name in enumerate(FAR)}
    known |= dict.fromkeys(NEAR, near)
    return pd.DataFrame(
        {"customer_id": [f"c{i:05d}" for i in range(count)]}
        | {
            name: center + rng.normal(0, 0.5, count)
            for name, center in known.items()
        }
        | {"planted": planted, "whole": whole}
    )


FAR = ["spend", "visits", "orders", "contacts"]
NEAR = ["web_share", "night_share", "gift_share"]
NESTED_SPECS = [
    *(FeatureSpec(name, name) for name in FAR),
    *(FeatureSpec(name, "what") for name in NEAR),
]


@pytest.fixture(scope="module")
def nested() -> pd.DataFrame:
    return nested_customers()


@pytest.fixture(scope="module")
def split_model(nested: pd.DataFrame) -> PersonaModel:
    return train(nested, NESTED_SPECS, k_range=range(2, 4), sub_personas=True)


def sub_ids(scored: pd.DataFrame) -> pd.Series:
    return scored["sub_persona_id"].fillna(scored["persona_id"])


def test_groups_within_a_persona_are_its_sub_personas(nested, split_model):
    scored = score(nested, split_model)
    assert split_model.count_clusters == 3
    assert adjusted_rand_score(nested["whole"], scored["persona_id"]) > 0.98
    assert adjusted_rand_score(nested["planted"], sub_ids(scored)) > 0.98
    parents = scored.groupby("sub_persona_id")["persona_id"].nunique()
    assert parents.tolist() == [1, 1, 1, 1]
    split = split_model.clusters["split_verdict"].dropna()
    assert split.tolist() == ["natural", "natural", "none"]
    whole = split_model.clusters.query("split_verdict == 'none'")
    assert whole["split_reason"].str.contains("No grouping").all()
    counts = scored["sub_persona_id"].value_counts()
    children = split_model.clusters.dropna(subset="parent_cluster_id")
    assert dict(
        zip(children["persona_id"], children["count_sampled"], strict=True)
    ) == dict(counts)


def test_sub_personas_are_off_by_default(nested, split_model):
    plain = train(nested, NESTED_SPECS, k_range=range(2, 4))
    assert score(nested, plain)["sub_persona_id"].isna().all()
    assert plain.criteria["parent_cluster_id"].isna().all()
    whole = split_model.clusters["parent_cluster_id"].isna()
    pd.testing.assert_frame_equal(
        plain.clusters[CLUSTER_COLUMNS],
        split_model.clusters.loc[whole, CLUSTER_COLUMNS],
        check_dtype=False,
    )


def test_sub_personas_keep_their_ids(nested, split_model):
    before = score(nested, split_model)
    used = split_model.clusters["persona_id"].dropna()
    again = train(
        nested,
        NESTED_SPECS,
        k_range=range(2, 4),
        random_state=99,
        previous=before[["customer_id", "persona_id", "sub_persona_id"]],
        used_ids=used,
        sub_personas=True,
    )
    after = score(nested, again)
    assert (sub_ids(before) == sub_ids(after)).mean() > 0.99
    assert set(again.clusters["persona_id"].dropna()) == set(used)


def test_ids_of_the_two_levels_never_meet(split_model):
    ids = split_model.clusters["persona_id"].dropna()
    assert sorted(ids) == ["P01", "P02", "P03", "P04", "P05", "P06", "P07"]


def test_a_small_persona_is_not_split():
    frame = nested_customers(last_share=0.08)
    model = train(frame, NESTED_SPECS, k_range=range(2, 4), sub_personas=True)
    whole = model.clusters[model.clusters["parent_cluster_id"].isna()]
    is_large = whole["count_sampled"] > 0.1 * len(frame)
    assert is_large.tolist() == [True, True, False]
    assert whole["split_verdict"].notna().tolist() == is_large.tolist()


def test_confidence_among_sub_personas_is_a_share(nested, split_model):
    scored = score(nested, split_model)
    inside = scored["sub_persona_id"].notna()
    assert scored.loc[inside, "sub_confidence"].between(0, 1).all()
    assert scored.loc[~inside, "sub_confidence"].isna().all()
