"""Old names for new clusters, and what became of each old persona.

A retrained model numbers its clusters afresh, but a persona's name must
outlive the training. New clusters and old personas are matched one to one so
that together they share as many customers as possible (Hungarian method on
Jaccard similarity, Kuhn 1955); personas of which few customers are left are
met by the place of their centroid. A cluster that matches nobody gets a new
name, and a name once used is never given to somebody else. What happened to
each is an event after Spiliopoulou et al. (2006), MONIC: matched, split,
merged, born, retired.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ml.clustering import IntArray
from ml.columns import FloatArray
from ml.stability import jaccard

UNASSIGNED = "unassigned"
EVENT_COLUMNS = [
    "event",
    "persona_id",
    "other_persona_id",
    "overlap",
    "count_shared",
    "share_of_old",
    "share_of_new",
    "centroid_distance",
]

MIN_SHARED = 30  # customers that an overlap is judged by
NEAR = 0.5  # of the least distance between two new centroids
MOSTLY = 0.5  # share that makes one the successor of another
PART = 0.2  # share that counts as a part at all


class Aligned(NamedTuple):
    """What ``align_clusters`` found.

    Attributes
    ----------
    names : DataFrame
        ``cluster_id``, ``persona_id``, ``overlap`` (Jaccard 0-1, null for a
        new persona or one met by its centroid), one row per cluster, in the
        order of ``cluster_id``. New ids ('P01', 'P02', ...) go to the largest
        cluster first.
    events : DataFrame
        The columns ``EVENT_COLUMNS``; see ``align_clusters``.
    """

    names: pd.DataFrame
    events: pd.DataFrame


def align_clusters(
    labels: pd.DataFrame,
    previous: pd.DataFrame | None = None,
    *,
    used_ids: Iterable[str] = (),
    min_jaccard: float = 0.3,
    centroids: Mapping[int, FloatArray] | None = None,
    previous_centroids: Mapping[str, FloatArray] | None = None,
) -> Aligned:
    """Give every new cluster a persona_id, the old one where it is the same.

    The events, each with its figures:

    - *matched*: a cluster keeps an old persona's id;
    - *split*: at least half of a new persona comes from one old persona, and
      is at least a fifth of it; the old one is ``other_persona_id``;
    - *merged*: at least half of an old persona without a match is in one
      cluster, and is at least a fifth of it; the old one, whose id is never
      given again, is ``other_persona_id``;
    - *born*: a new persona that is no part of an old one;
    - *retired*: an old persona that is neither matched nor merged.

    Every cluster is matched, split or born; every old persona is matched,
    merged or retired.

    Parameters
    ----------
    labels : DataFrame
        ``customer_id``, ``cluster_id``; null for customers whose cluster is
        not published, who still count as members their old persona lost.
    previous : DataFrame, optional
        ``customer_id``, ``persona_id`` before this training; null or
        'unassigned' is no persona.
    used_ids : iterable of str
        Every persona_id that was ever given, retired ones too.
    min_jaccard : float
        Least similarity of a match, over the customers in both frames.
    centroids : mapping of int to ndarray of shape (d,), optional
        Of the clusters, in the scale of the new model.
    previous_centroids : mapping of str to ndarray of shape (d,), optional
        Of the old personas, in the same scale. A persona of which fewer than
        30 customers are in both frames is matched with the cluster that is
        nearest to it and to which it is nearest, if they are apart by less
        than half of what the two nearest clusters are.

    Returns
    -------
    Aligned

    Raises
    ------
    ValueError
        When a frame has a customer twice.
    """
    if previous is None:
        previous = pd.DataFrame({"customer_id": [], "persona_id": []})
    for name, frame in (("labels", labels), ("previous", previous)):
        if frame["customer_id"].duplicated().any():
            raise ValueError(
                f"{name}: column 'customer_id' repeats; one row per customer."
            )
    sizes = labels["cluster_id"].value_counts()
    shared = _Shared.of(labels, previous, (previous_centroids or {}).keys())
    matches = shared.match(min_jaccard)
    distances = _match_places(
        shared, matches, centroids or {}, previous_centroids or {}
    )
    matches |= {cluster_id: one for cluster_id, (one, _) in distances.items()}
    taken = {*used_ids, *shared.personas}
    next_number = max((_number(name) for name in taken), default=0) + 1
    rows = []
    for cluster_id in sorted(sizes.index, key=lambda c: (-sizes[c], c)):
        overlap = np.nan
        if cluster_id in matches:
            persona_id = matches[cluster_id]
            if cluster_id not in distances:
                overlap = shared.figures(cluster_id, persona_id)["overlap"]
        else:
            persona_id = f"P{next_number:02d}"
            next_number += 1
        rows.append((int(cluster_id), persona_id, overlap))
    names = (
        pd.DataFrame(rows, columns=["cluster_id", "persona_id", "overlap"])
        .astype({"cluster_id": "int64", "overlap": "float64"})
        .sort_values("cluster_id", ignore_index=True)
    )
    return Aligned(names, _events(names, matches, distances, shared))


class _Shared(NamedTuple):
    """How many customers each cluster and each old persona share.

    ``counts`` has an extra row and column for those without cluster or
    persona: they count in the unions but match nobody.
    """

    clusters: list[int]
    personas: list[str]
    counts: IntArray

    @classmethod
    def of(
        cls,
        labels: pd.DataFrame,
        previous: pd.DataFrame,
        known: Iterable[str],
    ) -> _Shared:
        # Frames without rows have columns of any type.
        labels = labels.astype({"customer_id": object})
        previous = previous.astype({"customer_id": object})
        is_persona = previous["persona_id"].notna() & (
            previous["persona_id"] != UNASSIGNED
        )
        named = previous[is_persona]
        personas = sorted({*named["persona_id"], *known})
        both = labels.merge(named, on="customer_id", how="left")
        both = both[both["customer_id"].isin(previous["customer_id"])]
        clusters = sorted(labels["cluster_id"].dropna().unique())
        table = np.zeros((len(clusters) + 1, len(personas) + 1), dtype=np.int64)
        np.add.at(
            table,
            (
                pd.Index(clusters).get_indexer(both["cluster_id"]),
                pd.Index(personas).get_indexer(both["persona_id"]),
            ),
            1,
        )
        return cls([int(one) for one in clusters], personas, table)

    def match(self, min_jaccard: float) -> dict[int, str]:
        """Return the old persona of each cluster that has one."""
        overlap = jaccard(self.counts)[:-1, :-1]
        overlap[overlap < min_jaccard] = 0.0
        pairs = zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
        return {
            self.clusters[i]: self.personas[j]
            for i, j in pairs
            if overlap[i, j] > 0
        }

    def size_of(self, persona_id: str) -> float:
        return float(self.counts[:, self.personas.index(persona_id)].sum())

    def figures(self, cluster_id: int, persona_id: str) -> dict[str, float]:
        """Return how much the two share, and of what."""
        row = self.clusters.index(cluster_id)
        column = self.personas.index(persona_id)
        count = float(self.counts[row, column])
        old = float(self.counts[:, column].sum())
        new = float(self.counts[row].sum())
        return {
            "overlap": count / max(old + new - count, 1.0),
            "count_shared": count,
            "share_of_old": count / max(old, 1.0),
            "share_of_new": count / max(new, 1.0),
        }


def _match_places(
    shared: _Shared,
    matches: Mapping[int, str],
    centroids: Mapping[int, FloatArray],
    previous_centroids: Mapping[str, FloatArray],
) -> dict[int, tuple[str, float]]:
    """Match by centroids what shares too few customers to tell."""
    free = [one for one in centroids if one not in matches]
    lost = [
        one
        for one in previous_centroids
        if one not in matches.values() and shared.size_of(one) < MIN_SHARED
    ]
    if not free or not lost or len(centroids) < 2:
        return {}
    every = np.array(list(centroids.values()))
    apart = cdist(every, every)
    limit = NEAR * apart[np.triu_indices(len(every), k=1)].min()
    distances = cdist(
        [centroids[one] for one in free],
        [previous_centroids[one] for one in lost],
    )
    return {
        free[i]: (lost[j], float(distances[i, j]))
        for i, j in enumerate(distances.argmin(axis=1))
        if distances[:, j].argmin() == i and distances[i, j] < limit
    }


def _events(
    names: pd.DataFrame,
    matches: Mapping[int, str],
    distances: Mapping[int, tuple[str, float]],
    shared: _Shared,
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []

    def add(event: str, persona_id: str, other: str | None = None) -> None:
        rows.append(
            {
                "event": event,
                "persona_id": persona_id,
                "other_persona_id": other,
            }
        )

    for cluster_id, persona_id, _ in names.itertuples(index=False):
        parents = [
            one
            for one in shared.personas
            if _is_part(shared.figures(cluster_id, one), "new", "old")
        ]
        if cluster_id in matches:
            add("matched", persona_id)
            rows[-1] |= shared.figures(cluster_id, persona_id)
            if cluster_id in distances:
                rows[-1]["centroid_distance"] = distances[cluster_id][1]
        elif parents:
            add("split", persona_id, parents[0])
            rows[-1] |= shared.figures(cluster_id, parents[0])
        else:
            add("born", persona_id)
    heirs_of = dict(zip(names["cluster_id"], names["persona_id"], strict=True))
    for persona_id in shared.personas:
        if persona_id in matches.values():
            continue
        heirs = [
            one
            for one in shared.clusters
            if _is_part(shared.figures(one, persona_id), "old", "new")
        ]
        if heirs:
            add("merged", heirs_of[heirs[0]], persona_id)
            rows[-1] |= shared.figures(heirs[0], persona_id)
        else:
            add("retired", persona_id)
    frame = pd.DataFrame(rows, columns=EVENT_COLUMNS)
    return frame.astype(dict.fromkeys(EVENT_COLUMNS[3:], "float64"))


def _is_part(figures: Mapping[str, float], whole: str, other: str) -> bool:
    return (
        figures[f"share_of_{whole}"] >= MOSTLY
        and figures[f"share_of_{other}"] >= PART
    )


def _number(persona_id: str) -> int:
    found = re.fullmatch(r"P(\d+)", persona_id)
    return int(found.group(1)) if found else 0
