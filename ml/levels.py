"""Levels: the clusters of all customers, and those within one persona.

Both are found by the same steps: choose k, refine the chosen clusters on all
members, judge each. The second level keeps the scale and the floor of the
first, so that a sub-persona is as large and as stable as a persona has to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ml.clustering import Clusters, IntArray, assign, order_by_size
from ml.columns import CLUSTER_COLUMNS, FloatArray
from ml.selection import STABLE, USEFUL, Selection, choose_k

SPLIT_SHARE = 0.10  # a larger share of the customers may be split


class Level(NamedTuple):
    """The clusters of all customers, or of those of one cluster.

    ``members`` are rows of the points, ``cluster_ids`` their clusters, null
    where the cluster is not published.
    """

    selection: Selection
    members: IntArray
    cluster_ids: pd.Series
    table: pd.DataFrame
    centroids: pd.DataFrame
    criteria: pd.DataFrame


def find_clusters(
    points: FloatArray,
    *,
    floor: float,
    k_range: Iterable[int],
    min_share: float,
    min_customers: int,
    random_state: int,
    members: IntArray | None = None,
    parent: int | None = None,
    first_id: int = 0,
) -> Level:
    """Choose clusters, fit them to all members and judge each."""
    if members is None:
        members = np.arange(len(points))
    own = points[members]
    selection = choose_k(
        own,
        k_range=k_range,
        min_share=min_share,
        min_customers=min_customers,
        random_state=random_state,
    )
    fitted, jaccards = selection.clusters, selection.jaccards
    cluster_ids = np.empty(0, dtype=np.int64)
    if selection.n_clusters is not None:
        # The chosen clusters go on to all members; each keeps the Jaccard it
        # was chosen with, so the criteria and the standings tell one story.
        fitted = selection.algorithm.refine(own, fitted)
        order = order_by_size(own, fitted)
        fitted, jaccards = fitted.take(order), jaccards[order]
        cluster_ids = assign(own, fitted).cluster_id
    ids = np.arange(first_id, first_id + len(jaccards))
    sizes = np.bincount(cluster_ids, minlength=len(jaccards))
    judged = judge_clusters(sizes, jaccards, floor).assign(
        cluster_id=ids, score_offset=fitted.offsets
    )
    table = _under(parent, judged)[CLUSTER_COLUMNS]
    is_public = (table["standing"] != "not_published").to_numpy()
    labels = pd.Series(cluster_ids + first_id, dtype="Int64")
    return Level(
        selection=selection,
        members=members if len(ids) else members[:0],
        cluster_ids=labels.where(is_public[cluster_ids]),
        table=table,
        centroids=_tidy(fitted, ids),
        criteria=_under(parent, selection.criteria),
    )


def split_clusters(
    points: FloatArray,
    top: Level,
    *,
    floor: float,
    k_range: Iterable[int],
    random_state: int,
) -> list[Level]:
    """Look for groups within each large cluster that is published."""
    levels: list[Level] = []
    first_id = len(top.table)
    for parent in top.table["cluster_id"]:
        is_member = (top.cluster_ids == parent).fillna(False).to_numpy()
        if is_member.sum() <= SPLIT_SHARE * len(points):
            continue
        level = find_clusters(
            points,
            floor=floor,
            k_range=k_range,
            min_share=0.0,
            min_customers=int(np.ceil(floor)),
            random_state=random_state,
            members=np.flatnonzero(is_member),
            parent=int(parent),
            first_id=first_id,
        )
        levels.append(level)
        first_id += len(level.table)
    return levels


def judge_clusters(
    sizes: IntArray, jaccards: FloatArray, floor: float
) -> pd.DataFrame:
    """Say which clusters may be published, by stability and size.

    Returns
    -------
    DataFrame
        One row per cluster: ``persona_id`` (null as yet), ``count_sampled``,
        ``jaccard`` and ``standing``: 'published', 'provisional' or
        'not_published'.
    """
    standing = np.select(
        [(jaccards < USEFUL) | (sizes < floor), jaccards < STABLE],
        ["not_published", "provisional"],
        default="published",
    )
    return pd.DataFrame(
        {
            "persona_id": pd.Series([None] * len(sizes), dtype=object),
            "count_sampled": sizes,
            "jaccard": jaccards,
            "standing": standing.astype(object),
        }
    )


def with_splits(
    clusters: pd.DataFrame, splits: Sequence[Level]
) -> pd.DataFrame:
    """Add what came of splitting each cluster; null where none was tried."""
    found = {
        int(level.criteria["parent_cluster_id"].iloc[0]): level.selection
        for level in splits
    }
    chosen = [found.get(cluster_id) for cluster_id in clusters["cluster_id"]]
    return clusters.assign(
        split_algorithm=pd.Series(
            [one and one.algorithm.name for one in chosen], dtype=object
        ),
        split_verdict=pd.Series(
            [one and one.verdict for one in chosen], dtype=object
        ),
        split_reason=pd.Series(
            [one and one.reason for one in chosen], dtype=object
        ),
    )


def labels_of(
    customer_ids: pd.Series, levels: Sequence[Level]
) -> list[pd.DataFrame]:
    """Return customer_id and cluster_id of the personas, then of the parts."""
    whole, *parts = [
        pd.DataFrame(
            {
                "customer_id": customer_ids.array[level.members],
                "cluster_id": level.cluster_ids.array,
            }
        )
        for level in levels
    ]
    return [whole, pd.concat(parts, ignore_index=True)] if parts else [whole]


def _under(parent: int | None, frame: pd.DataFrame) -> pd.DataFrame:
    """Put the parent in front of every row; null at the first level."""
    parents = pd.array([parent] * len(frame), dtype="Int64")
    return pd.concat(
        [pd.Series(parents, frame.index, name="parent_cluster_id"), frame],
        axis=1,
    )


def _tidy(clusters: Clusters, cluster_ids: IntArray) -> pd.DataFrame:
    n_clusters, n_features = clusters.centers.shape
    return pd.DataFrame(
        {
            "cluster_id": np.repeat(cluster_ids, n_features),
            "position": np.tile(np.arange(1, n_features + 1), n_clusters),
            "centroid_value": clusters.centers.ravel(),
            "spread": clusters.spreads.ravel(),
        }
    )
