"""Old names for new clusters.

A retrained model numbers its clusters afresh, but a persona's name must
outlive the training. New clusters and old personas are matched one to one so
that together they share as many customers as possible (Hungarian method on
Jaccard similarity, Kuhn 1955); a cluster that matches nobody gets a new name,
and a name once used is never given to somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ml.stability import jaccard

UNASSIGNED = "unassigned"


def align_clusters(
    labels: pd.DataFrame,
    previous: pd.DataFrame | None = None,
    *,
    used_ids: Iterable[str] = (),
    min_jaccard: float = 0.3,
) -> pd.DataFrame:
    """Give every new cluster a persona_id, the old one where it is the same.

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

    Returns
    -------
    DataFrame
        ``cluster_id``, ``persona_id``, ``overlap`` (Jaccard 0-1, null for a
        new persona), one row per cluster, in the order of ``cluster_id``.
        New ids ('P01', 'P02', ...) go to the largest cluster first.

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
    matches = _match(labels, previous, min_jaccard)
    taken = set(used_ids) | set(previous["persona_id"].dropna())
    next_number = max((_number(name) for name in taken), default=0) + 1
    rows = []
    for cluster_id in sorted(sizes.index, key=lambda c: (-sizes[c], c)):
        if cluster_id in matches:
            persona_id, overlap = matches[cluster_id]
        else:
            persona_id, overlap = f"P{next_number:02d}", np.nan
            next_number += 1
        rows.append((int(cluster_id), persona_id, overlap))
    aligned = pd.DataFrame(
        rows, columns=["cluster_id", "persona_id", "overlap"]
    ).astype({"cluster_id": "int64", "overlap": "float64"})
    return aligned.sort_values("cluster_id", ignore_index=True)


def _match(
    labels: pd.DataFrame, previous: pd.DataFrame, min_jaccard: float
) -> dict[int, tuple[str, float]]:
    if labels.empty or previous.empty:
        return {}
    both = labels.merge(previous, on="customer_id", how="inner")
    is_persona = both["persona_id"].notna() & (both["persona_id"] != UNASSIGNED)
    # An extra row and column hold those without cluster or persona: they
    # count in the unions but match nobody.
    clusters, new_ids = pd.factorize(both["cluster_id"], sort=True)
    personas, old_ids = pd.factorize(
        both["persona_id"].where(is_persona), sort=True
    )
    shape = (len(new_ids) + 1, len(old_ids) + 1)
    shared = np.zeros(shape, dtype=np.int64)
    np.add.at(shared, (clusters, personas), 1)
    overlap = jaccard(shared)[:-1, :-1]
    overlap[overlap < min_jaccard] = 0.0
    pairs = zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
    return {
        int(new_ids[i]): (str(old_ids[j]), float(overlap[i, j]))
        for i, j in pairs
        if overlap[i, j] > 0
    }


def _number(persona_id: str) -> int:
    found = re.fullmatch(r"P(\d+)", persona_id)
    return int(found.group(1)) if found else 0
