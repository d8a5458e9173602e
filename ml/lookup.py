"""Why a customer is in a persona, and what would change it.

The nearest cluster wins by a sum over features, so each feature's part in the
lead can be told: how much nearer the customer is to the own cluster than to
the next one in this feature. The largest parts decide; the features that
speak for the next persona, or that would have to change, are read off the
same table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.columns import FloatArray
from ml.scaling import apply_scaling


@dataclass(frozen=True)
class Explanation:
    """A customer between the own cluster and the nearest other one.

    Attributes
    ----------
    features : DataFrame
        One row per feature in use, the largest part in the lead first:
        ``feature``, ``part`` (in units of the squared distance; above 0 it
        speaks for the own cluster, below for the other), ``share`` (of the
        sum of all positive parts, 0 for negative ones).
    lead : float
        Sum of the parts: squared distance of the other less that of the own.
    """

    features: pd.DataFrame
    lead: float


def explain(
    customer: pd.DataFrame,
    features: pd.DataFrame,
    centroids: pd.DataFrame,
    *,
    cluster_id: int,
    other_id: int,
    offsets: tuple[float, float] = (0.0, 0.0),
) -> Explanation:
    """Explain an assignment feature by feature.

    Parameters
    ----------
    customer : DataFrame of one row
        The feature and support columns that ``features`` names.
    features, centroids : DataFrame
        As in ``ml.model_features`` and ``ml.model_centroids``, of one model.
    cluster_id, other_id : int
        The own cluster and the nearest other one.
    offsets : (float, float)
        Their score offsets; not 0 for a mixture only.

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError
        When there is not exactly one customer.
    """
    if len(customer) != 1:
        raise ValueError(
            f"There are {len(customer)} customers to explain; pass one row."
        )
    point = apply_scaling(customer, features)[0]
    own = _squared(point, centroids, cluster_id)
    other = _squared(point, centroids, other_id)
    parts = other - own
    positive = np.maximum(parts, 0.0)
    ordered = features.sort_values("position", ignore_index=True)
    table = pd.DataFrame(
        {
            "feature": ordered["feature"],
            "part": parts,
            "share": positive / (positive.sum() or 1.0),
            "weight": ordered["weight"],
        }
    )
    used = table[table["weight"] > 0].drop(columns="weight")
    return Explanation(
        features=used.sort_values(
            ["part", "feature"], ascending=[False, True], ignore_index=True
        ),
        lead=float(parts.sum() + offsets[1] - offsets[0]),
    )


def _squared(
    point: FloatArray, centroids: pd.DataFrame, cluster_id: int
) -> FloatArray:
    rows = centroids[centroids["cluster_id"] == cluster_id]
    rows = rows.sort_values("position")
    center = rows["centroid_value"].to_numpy(dtype=np.float64)
    spread = rows["spread"].fillna(1.0).to_numpy(dtype=np.float64)
    return np.asarray(((point - center) / spread) ** 2)
