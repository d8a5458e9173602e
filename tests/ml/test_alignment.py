from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.alignment import EVENT_COLUMNS, align_clusters


def labelled(*sizes: int) -> pd.DataFrame:
    """Customers in clusters 0, 1, ... of the given sizes."""
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:04d}" for i in range(sum(sizes))],
            "cluster_id": np.repeat(np.arange(len(sizes)), sizes),
        }
    )


def named(labels: pd.DataFrame, names: dict[int, str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": labels["customer_id"],
            "persona_id": labels["cluster_id"].map(names),
        }
    )


def test_first_training_names_by_size():
    aligned = align_clusters(labelled(20, 50, 30)).names
    assert aligned["cluster_id"].tolist() == [0, 1, 2]
    assert aligned["persona_id"].tolist() == ["P03", "P01", "P02"]
    assert aligned["overlap"].isna().all()


def test_renumbered_clusters_keep_their_persona_ids():
    labels = labelled(50, 30, 20)
    previous = named(labels, {0: "P02", 1: "P03", 2: "P01"})
    aligned = align_clusters(labels, previous).names
    assert aligned["persona_id"].tolist() == ["P02", "P03", "P01"]
    assert aligned["overlap"].tolist() == [1.0, 1.0, 1.0]


def test_row_order_does_not_matter():
    labels = labelled(50, 30, 20)
    previous = named(labels, {0: "P02", 1: "P03", 2: "P01"})
    shuffled = previous.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        align_clusters(labels, previous).names,
        align_clusters(labels.sample(frac=1, random_state=1), shuffled).names,
    )


def test_a_split_gives_the_name_to_the_larger_part():
    labels = labelled(60, 40)
    aligned = align_clusters(labels, named(labels, {0: "P01", 1: "P01"})).names
    assert aligned["persona_id"].tolist() == ["P01", "P02"]
    assert aligned["overlap"].iloc[0] == pytest.approx(0.6)


def test_retired_ids_are_never_given_again():
    labels = labelled(60, 40)
    previous = named(labels, {0: "P01"})
    aligned = align_clusters(labels, previous, used_ids=["P07", "P01"]).names
    assert aligned["persona_id"].tolist() == ["P01", "P08"]


def test_unassigned_is_no_persona():
    labels = labelled(60, 40)
    aligned = align_clusters(labels, named(labels, {0: "unassigned"})).names
    assert aligned["persona_id"].tolist() == ["P01", "P02"]


def test_weak_overlap_is_no_match():
    labels = labelled(*[10] * 4)
    previous = named(labels, dict.fromkeys(range(4), "P01"))
    kept = align_clusters(labels, previous, min_jaccard=0.25).names
    assert (kept["persona_id"] == "P01").sum() == 1
    refused = align_clusters(labels, previous).names
    assert refused["persona_id"].tolist() == ["P02", "P03", "P04", "P05"]


def test_the_whole_is_matched_not_the_first_best():
    # Greedy would give P01 to cluster 0 (60 shared) and leave cluster 1
    # (55 shared with P01, none with P02) a stranger.
    labels = labelled(115, 60)
    old = ["P01"] * 60 + ["P02"] * 55 + ["P01"] * 55 + ["P02"] * 5
    previous = labels.drop(columns="cluster_id").assign(persona_id=old)
    aligned = align_clusters(labels, previous).names
    assert aligned["persona_id"].tolist() == ["P02", "P01"]


def test_customers_of_unpublished_clusters_count_as_lost():
    labels = labelled(20, 80)
    previous = named(labels, {0: "P01", 1: "P01"})
    labels["cluster_id"] = labels["cluster_id"].where(labels.index < 20)
    aligned = align_clusters(labels, previous).names
    assert aligned["persona_id"].tolist() == ["P02"]
    assert aligned["cluster_id"].tolist() == [0]


def test_customers_in_one_frame_only_do_not_count():
    labels = labelled(50, 50)
    previous = named(labels, {0: "P05", 1: "P06"}).iloc[::2]
    aligned = align_clusters(labels, previous).names
    assert aligned["persona_id"].tolist() == ["P05", "P06"]
    assert aligned["overlap"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("kind", [object, "float64", "str"])
def test_frames_without_rows_may_be_of_any_type(kind: object):
    nobody = pd.DataFrame({"customer_id": [], "cluster_id": []})
    before = pd.DataFrame({"customer_id": [], "persona_id": []}).astype(kind)
    assert align_clusters(nobody.astype(kind), before).events.empty
    labels = labelled(3)
    assert align_clusters(labels, before).events["event"].tolist() == ["born"]
    previous = named(labels, {0: "P01"}).astype({"customer_id": object})
    retired = align_clusters(nobody, previous).events
    assert retired["event"].tolist() == ["retired"]


def test_nothing_to_align():
    found = align_clusters(labelled())
    assert found.names.empty
    assert found.events.empty


def test_a_customer_twice_is_refused():
    labels = labelled(3)
    with pytest.raises(ValueError, match="labels: column 'customer_id'"):
        align_clusters(pd.concat([labels, labels]))


# -- Events -----------------------------------------------------------------


def events(
    labels: pd.DataFrame, previous: pd.DataFrame | None = None
) -> list[tuple[str, str, str | None]]:
    """Return what happened: event, persona and other persona."""
    found = align_clusters(labels, previous).events
    assert list(found.columns) == EVENT_COLUMNS
    return [
        (
            row.event,
            row.persona_id,
            None if pd.isna(row.other_persona_id) else row.other_persona_id,
        )
        for row in found.itertuples(index=False)
    ]


def test_at_the_first_training_all_are_born():
    assert events(labelled(50, 30)) == [
        ("born", "P01", None),
        ("born", "P02", None),
    ]


def test_a_persona_that_stays_is_matched_with_its_figures():
    labels = labelled(60, 40)
    previous = named(labels, {0: "P01", 1: "P02"})
    previous.loc[:5, "persona_id"] = "P02"
    found = align_clusters(labels, previous).events
    assert found["event"].tolist() == ["matched", "matched"]
    first = found.iloc[0]
    assert first["count_shared"] == 54
    assert first["share_of_old"] == 1.0
    assert first["share_of_new"] == pytest.approx(0.9)
    assert first["overlap"] == pytest.approx(0.9)


def test_a_split_is_told_of_the_part_with_the_new_name():
    labels = labelled(60, 40, 50)
    previous = named(labels, {0: "P01", 1: "P01", 2: "P02"})
    assert events(labels, previous) == [
        ("matched", "P01", None),
        ("split", "P03", "P01"),
        ("matched", "P02", None),
    ]


def test_a_merge_is_told_of_the_persona_that_is_no_more():
    labels = labelled(100, 50)
    old = ["P01"] * 60 + ["P02"] * 40 + ["P03"] * 50
    previous = labels.drop(columns="cluster_id").assign(persona_id=old)
    assert events(labels, previous) == [
        ("matched", "P01", None),
        ("matched", "P03", None),
        ("merged", "P01", "P02"),
    ]


def test_a_persona_of_new_customers_is_born_and_a_scattered_one_retires():
    labels = labelled(80, 80, 40)
    old = ["P01"] * 80 + ["P02"] * 80 + ["unassigned"] * 40
    previous = labels.drop(columns="cluster_id").assign(persona_id=old)
    previous.loc[previous.index % 8 == 0, "persona_id"] = "P03"
    assert events(labels, previous) == [
        ("matched", "P01", None),
        ("matched", "P02", None),
        ("born", "P04", None),
        ("retired", "P03", None),
    ]


def test_where_few_customers_are_shared_places_decide():
    labels = labelled(60, 40)
    centroids = {0: np.array([0.0, 0.0]), 1: np.array([4.0, 0.0])}
    places = {"P05": np.array([0.4, 0.1]), "P06": np.array([20.0, 0.0])}
    strangers = pd.DataFrame({"customer_id": ["x"], "persona_id": ["P05"]})
    aligned = align_clusters(
        labels, strangers, centroids=centroids, previous_centroids=places
    )
    assert aligned.names["persona_id"].tolist() == ["P05", "P07"]
    found = aligned.events.set_index("persona_id")
    assert found["event"].to_dict() == {
        "P05": "matched",
        "P07": "born",
        "P06": "retired",
    }
    assert found.loc["P05", "centroid_distance"] == pytest.approx(
        np.hypot(0.4, 0.1)
    )


def test_places_do_not_overrule_customers():
    labels = labelled(60, 40)
    centroids = {0: np.array([0.0, 0.0]), 1: np.array([4.0, 0.0])}
    swapped = {"P01": centroids[1], "P02": centroids[0]}
    aligned = align_clusters(
        labels,
        named(labels, {0: "P01", 1: "P02"}),
        centroids=centroids,
        previous_centroids=swapped,
    )
    assert aligned.names["persona_id"].tolist() == ["P01", "P02"]
    gone = named(labels, {0: "P01", 1: "P01"})
    aligned = align_clusters(
        labels,
        gone.iloc[:60],
        centroids=centroids,
        previous_centroids={"P01": centroids[1]},
    )
    assert aligned.names["persona_id"].tolist() == ["P01", "P02"]
