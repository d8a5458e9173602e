"""Identity: the personas of a new model under the ids of the one before.

Both levels draw their ids from one sequence, so that no id is given twice.
The personas of the model in force are also known by their place: the centroid,
in the scale of the new model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from ml.alignment import Aligned, align_clusters
from ml.columns import FloatArray
from ml.scaling import rescale_centroids

LEVELS = ("persona_id", "sub_persona_id")


class Fitted(NamedTuple):
    """The frames of a model that say where its clusters lie.

    ``features``, ``centroids`` and ``clusters`` as in ``PersonaModel``.
    """

    features: pd.DataFrame
    centroids: pd.DataFrame
    clusters: pd.DataFrame


def name_clusters(
    labels: Sequence[pd.DataFrame],
    previous: pd.DataFrame | None,
    *,
    used_ids: Iterable[str],
    fitted: Fitted | None = None,
    before: Fitted | None = None,
) -> tuple[dict[int, str], pd.DataFrame]:
    """Carry over the persona_ids of both levels.

    Parameters
    ----------
    labels : sequence of DataFrame
        ``customer_id``, ``cluster_id`` of the personas and, where there are
        any, of the sub-personas.
    previous : DataFrame, optional
        ``customer_id`` and the columns ``LEVELS``, as far as there were any.
    used_ids : iterable of str
        Every persona_id ever given.
    fitted, before : Fitted, optional
        The new model and the one in force.

    Returns
    -------
    dict of int to str, DataFrame
        The persona_id of each cluster that is published, and the events of
        the personas, sub-personas aside.
    """
    taken = set(used_ids)
    if previous is not None:
        for column in LEVELS:
            if column in previous:
                taken |= set(previous[column].dropna())
    aligned: list[Aligned] = []
    persona_ids: dict[int, str] = {}
    for level, column in zip(labels, LEVELS, strict=False):
        is_top = not aligned
        new, old = places(fitted, before) if is_top else ({}, {})
        found = align_clusters(
            level,
            _of_level(previous, column),
            used_ids=taken,
            centroids=new,
            previous_centroids=old,
        )
        aligned.append(found)
        persona_ids |= dict(
            zip(
                found.names["cluster_id"],
                found.names["persona_id"],
                strict=True,
            )
        )
        taken |= set(persona_ids.values())
    return persona_ids, aligned[0].events


def _of_level(
    previous: pd.DataFrame | None, column: str
) -> pd.DataFrame | None:
    if previous is None or column not in previous:
        return None
    return previous[["customer_id", column]].rename(
        columns={column: "persona_id"}
    )


def places(
    fitted: Fitted | None, before: Fitted | None
) -> tuple[dict[int, FloatArray], dict[str, FloatArray]]:
    """Return where the new clusters and the old personas lie, in one scale.

    Both are arrays of shape (d,), d being the features that both models use,
    by cluster_id and by persona_id; sub-personas aside.
    """
    if fitted is None or before is None:
        return {}, {}
    old = rescale_centroids(before.centroids, before.features, fitted.features)
    new = rescale_centroids(fitted.centroids, fitted.features, fitted.features)
    new = new[new["feature"].isin(old["feature"])]
    is_public = fitted.clusters["standing"] != "not_published"
    ids = fitted.clusters.loc[is_public & _is_top(fitted), "cluster_id"]
    is_persona = before.clusters["persona_id"].notna() & _is_top(before)
    names = before.clusters[is_persona].set_index("cluster_id")["persona_id"]
    new_places, old_places = _by_cluster(new), _by_cluster(old)
    return (
        {one: new_places[one] for one in map(int, ids) if one in new_places},
        {
            str(name): old_places[cluster_id]
            for cluster_id, name in names.items()
            if cluster_id in old_places
        },
    )


def _is_top(model: Fitted) -> pd.Series:
    return model.clusters["parent_cluster_id"].isna()


def _by_cluster(centroids: pd.DataFrame) -> dict[object, FloatArray]:
    return {
        cluster_id: rows["centroid_value"].to_numpy(dtype="float64")
        for cluster_id, rows in centroids.groupby("cluster_id")
    }
