from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.alignment import align_clusters


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
    aligned = align_clusters(labelled(20, 50, 30))
    assert aligned["cluster_id"].tolist() == [0, 1, 2]
    assert aligned["persona_id"].tolist() == ["P03", "P01", "P02"]
    assert aligned["overlap"].isna().all()


def test_renumbered_clusters_keep_their_persona_ids():
    labels = labelled(50, 30, 20)
    previous = named(labels, {0: "P02", 1: "P03", 2: "P01"})
    aligned = align_clusters(labels, previous)
    assert aligned["persona_id"].tolist() == ["P02", "P03", "P01"]
    assert aligned["overlap"].tolist() == [1.0, 1.0, 1.0]


def test_row_order_does_not_matter():
    labels = labelled(50, 30, 20)
    previous = named(labels, {0: "P02", 1: "P03", 2: "P01"})
    shuffled = previous.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        align_clusters(labels, previous),
        align_clusters(labels.sample(frac=1, random_state=1), shuffled),
    )


def test_a_split_gives_the_name_to_the_larger_part():
    labels = labelled(60, 40)
    aligned = align_clusters(labels, named(labels, {0: "P01", 1: "P01"}))
    assert aligned["persona_id"].tolist() == ["P01", "P02"]
    assert aligned["overlap"].iloc[0] == pytest.approx(0.6)


def test_retired_ids_are_never_given_again():
    labels = labelled(60, 40)
    previous = named(labels, {0: "P01"})
    aligned = align_clusters(labels, previous, used_ids=["P07", "P01"])
    assert aligned["persona_id"].tolist() == ["P01", "P08"]


def test_unassigned_is_no_persona():
    labels = labelled(60, 40)
    aligned = align_clusters(labels, named(labels, {0: "unassigned"}))
    assert aligned["persona_id"].tolist() == ["P01", "P02"]


def test_weak_overlap_is_no_match():
    labels = labelled(*[10] * 4)
    previous = named(labels, dict.fromkeys(range(4), "P01"))
    kept = align_clusters(labels, previous, min_jaccard=0.25)
    assert (kept["persona_id"] == "P01").sum() == 1
    refused = align_clusters(labels, previous)
    assert refused["persona_id"].tolist() == ["P02", "P03", "P04", "P05"]


def test_the_whole_is_matched_not_the_first_best():
    # Greedy would give P01 to cluster 0 (60 shared) and leave cluster 1
    # (55 shared with P01, none with P02) a stranger.
    labels = labelled(115, 60)
    old = ["P01"] * 60 + ["P02"] * 55 + ["P01"] * 55 + ["P02"] * 5
    previous = labels.drop(columns="cluster_id").assign(persona_id=old)
    aligned = align_clusters(labels, previous)
    assert aligned["persona_id"].tolist() == ["P02", "P01"]


def test_customers_of_unpublished_clusters_count_as_lost():
    labels = labelled(20, 80)
    previous = named(labels, {0: "P01", 1: "P01"})
    labels["cluster_id"] = labels["cluster_id"].where(labels.index < 20)
    aligned = align_clusters(labels, previous)
    assert aligned["persona_id"].tolist() == ["P02"]
    assert aligned["cluster_id"].tolist() == [0]


def test_customers_in_one_frame_only_do_not_count():
    labels = labelled(50, 50)
    previous = named(labels, {0: "P05", 1: "P06"}).iloc[::2]
    aligned = align_clusters(labels, previous)
    assert aligned["persona_id"].tolist() == ["P05", "P06"]
    assert aligned["overlap"].tolist() == [1.0, 1.0]


def test_nothing_to_align():
    assert align_clusters(labelled()).empty


def test_a_customer_twice_is_refused():
    labels = labelled(3)
    with pytest.raises(ValueError, match="labels: column 'customer_id'"):
        align_clusters(pd.concat([labels, labels]))
