"""Scaling that is learnt once and stored as a table.

A customer's place among the clusters must not depend on who else is scored.
So everything a feature needs (where it is clipped, how it is bent, towards
which baseline thin evidence is drawn, how it is centred and weighed) is learnt
from the training sample and written down as one row of ``ml.model_features``.
For a value ``x`` resting on ``n`` observations::

    s = shape(clip(x, clip_low, clip_high))      x null: s = baseline
    v = (n * s + prior_count * baseline) / (n + prior_count)
                                                 no support column: v = s
                                                 n null: n = 0
                                                 n + prior_count = 0: baseline
    z = (v - center) / scale * weight            weight = 0: z = 0

A share of few observations shows chance more than habit: half of the people
who bought once bought at a weekend, or none. How many observations the
baseline is worth can be estimated (Bühlmann & Straub's credibility): the
variance of one customer's observations over the variance of customers. Then
``scale`` is the latter's root, so a customer of whom nothing can be told stands
in the middle, and a feature that tells nothing counts for nothing.

The parameters are rounded before they are used, so SQL that reads the table
computes the same numbers. ``log1p`` is ``ln(1 + x)``, as SQL writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ml.columns import (
    FEATURE_COLUMNS,
    EmptyFrameError,
    FloatArray,
    check_customer_ids,
    read_numbers,
    read_support,
    round_significant,
)

Shape = Literal["identity", "log1p", "sqrt"]


@dataclass(frozen=True)
class FeatureSpec:
    """What the modeller decides about one feature; the rest is learnt.

    Parameters
    ----------
    name : str
        Column of the feature.
    group : str
        Features of a group share one unit of weight, so that ten columns
        about channels do not outvote one about money.
    shape : {'identity', 'log1p', 'sqrt'}
        How the clipped value is bent.
    support : str or None
        Column that counts the observations the value rests on.
    prior_count : float or None
        How many observations the baseline is worth; at least 0. None: to be
        estimated, for a share of the observations that ``support`` counts.
    """

    name: str
    group: str
    shape: Shape = "identity"
    support: str | None = None
    prior_count: float | None = 0.0

    def __post_init__(self) -> None:
        if self.shape not in get_args(Shape):
            raise ValueError(
                f"Feature '{self.name}': shape '{self.shape}' is unknown; "
                f"use one of {', '.join(get_args(Shape))}."
            )
        if self.prior_count is None:
            if self.shape != "identity" or self.support is None:
                raise ValueError(
                    f"Feature '{self.name}': only the prior_count of a share "
                    "can be estimated; give it the shape identity and the "
                    "column that counts its observations as support."
                )
        elif not (np.isfinite(self.prior_count) and self.prior_count >= 0):
            raise ValueError(
                f"Feature '{self.name}': prior_count is {self.prior_count}; "
                "use a finite number of at least 0."
            )


def fit_scaling(
    frame: pd.DataFrame,
    specs: Sequence[FeatureSpec],
    *,
    clip_quantiles: tuple[float, float] = (0.01, 0.99),
    min_coverage: float = 0.5,
) -> pd.DataFrame:
    """Learn the scaling of every feature.

    Parameters
    ----------
    frame : DataFrame, one row per customer
        ``customer_id``, every feature and every support column.
    specs : sequence of FeatureSpec
        Their order is the order of the score vector.
    clip_quantiles : (float, float)
        Clip at these quantiles of the known values. They are taken inwards
        (an observed value, never a mean of two), so one absurd value cannot
        move them.
    min_coverage : float in 0-1
        A feature known for a smaller share of customers gets weight 0.

    Returns
    -------
    DataFrame
        One row per feature, the columns ``FEATURE_COLUMNS``. ``center`` and
        ``scale`` (standard deviation, never 0) are in units of the shaped
        value.

    Raises
    ------
    ScalingError
        ``MissingColumnError``, ``InvalidValueError``, ``EmptyFrameError``,
        ``DuplicateCustomerError``.
    """
    if frame.empty:
        raise EmptyFrameError(
            "The frame of customer features has no rows; load orders first."
        )
    check_customer_ids(frame)
    rows = [
        _fit_feature(frame, spec, clip_quantiles, min_coverage)
        | {"position": position}
        for position, spec in enumerate(specs, start=1)
    ]
    scaling = pd.DataFrame(rows, columns=FEATURE_COLUMNS)
    is_used = scaling["note"].isna()
    count_used = is_used.groupby(scaling["feature_group"]).transform("sum")
    weight = is_used / np.sqrt(count_used.clip(lower=1))
    return scaling.assign(
        support=pd.Series([row["support"] for row in rows], dtype=object),
        note=pd.Series([row["note"] for row in rows], dtype=object),
        weight=round_significant(weight),
    )


def apply_scaling(frame: pd.DataFrame, scaling: pd.DataFrame) -> FloatArray:
    """Scale customers by stored parameters.

    Parameters
    ----------
    frame : DataFrame, n rows
        Every feature and support column that ``scaling`` names.
    scaling : DataFrame, one row per feature
        As ``fit_scaling`` returns it or as read from ``ml.model_features``.

    Returns
    -------
    ndarray of shape (n, count of features)
        Score vectors; columns in the order of ``position``.

    Raises
    ------
    MissingColumnError, InvalidValueError
    """
    ordered = scaling.sort_values("position")
    scaled = np.empty((len(frame), len(ordered)), dtype=np.float64)
    for column, row in enumerate(ordered.to_dict("records")):
        shaped = _shaped(frame, row["feature"], row)
        support = None if pd.isna(row["support"]) else str(row["support"])
        value = _shrunk(frame, shaped, support, row)
        scaled[:, column] = (
            (value - row["center"]) / row["scale"] * row["weight"]
        )
    return scaled


def rescale_centroids(
    centroids: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame
) -> pd.DataFrame:
    """Return centroids of one model in the scale of another.

    Parameters
    ----------
    centroids : DataFrame
        ``cluster_id``, ``position``, ``centroid_value``.
    old, new : DataFrame
        As from ``fit_scaling``: of the model of the centroids, and of the
        other one.

    Returns
    -------
    DataFrame
        ``cluster_id``, ``feature``, ``centroid_value``: of the features that
        both models use and shape alike, in the order of ``new``.
    """
    both = old[old["weight"] > 0].merge(
        new[new["weight"] > 0],
        on=["feature", "shape"],
        suffixes=("_old", "_new"),
    )
    values = centroids.merge(
        both, left_on="position", right_on="position_old"
    ).sort_values(["cluster_id", "position_new"], ignore_index=True)
    shaped = (
        values["centroid_value"] / values["weight_old"] * values["scale_old"]
        + values["center_old"]
    )
    rescaled = (shaped - values["center_new"]) / values["scale_new"]
    return pd.DataFrame(
        {
            "cluster_id": values["cluster_id"],
            "feature": values["feature"],
            "centroid_value": rescaled * values["weight_new"],
        }
    )


def _fit_feature(
    frame: pd.DataFrame,
    spec: FeatureSpec,
    clip_quantiles: tuple[float, float],
    min_coverage: float,
) -> dict[str, Any]:
    known = read_numbers(frame, spec.name)
    known = known[~np.isnan(known)]
    row: dict[str, Any] = {
        "feature": spec.name,
        "feature_group": spec.group,
        "shape": spec.shape,
        "support": spec.support,
        "prior_count": float(round_significant(spec.prior_count or 0.0)),
        "baseline": 0.0,
        "clip_low": 0.0,
        "clip_high": 0.0,
        "center": 0.0,
        "scale": 1.0,
        "note": None,
    }
    if len(known):
        low = np.quantile(known, clip_quantiles[0], method="higher")
        high = np.quantile(known, clip_quantiles[1], method="lower")
        floor = -np.inf if spec.shape == "identity" else 0.0
        clips = round_significant(np.maximum(sorted((low, high)), floor))
        row |= {"clip_low": float(clips[0]), "clip_high": float(clips[1])}
        row["baseline"] = _baseline(frame, spec, row)
    shaped = _shaped(frame, spec.name, row)
    spread = None
    if spec.prior_count is None and len(known):
        prior_count, spread = _credibility(frame, spec, row)
        row["prior_count"] = float(round_significant(prior_count))
    value = _shrunk(frame, shaped, spec.support, row)
    scale = value.std() if spread is None else spread
    center, scale = round_significant([value.mean(), scale])
    varies = scale > 1e-9 * max(1.0, abs(center))
    row |= {"center": float(center), "scale": float(scale) if varies else 1.0}
    coverage = len(known) / len(frame)
    if coverage < min_coverage or not len(known):
        row["note"] = (
            f"not used: known for {coverage:.0%} of customers, "
            f"{min_coverage:.0%} are needed"
        )
    elif not varies:
        row["note"] = (
            "not used: (nearly) the same for every customer"
            if spread is None or not value.std()
            else "not used: its differences cannot be told from chance"
        )
    return row


def _credibility(
    frame: pd.DataFrame, spec: FeatureSpec, row: Mapping[Any, Any]
) -> tuple[float, float]:
    """Estimate how many observations the average customer is worth.

    Returns
    -------
    (float, float)
        The prior count, and the standard deviation of customers' true shares;
        (0, 0) where customers differ no more than by chance, or where none was
        observed twice.

    References
    ----------
    Bühlmann & Gisler (2005), A Course in Credibility Theory, section 4.8.
    """
    share = _shaped(frame, spec.name, {**row, "baseline": np.nan})
    count = read_support(frame, str(spec.support))
    is_known = ~np.isnan(share) & (count > 0)
    share, count = share[is_known], count[is_known]
    total, repeats = count.sum(), (count - 1).sum()
    if repeats <= 0 or len(share) < 2:
        return 0.0, 0.0
    within = (count * share * (1 - share)).sum() / repeats
    mean = np.average(share, weights=count)
    between = (count * (share - mean) ** 2).sum() - (len(share) - 1) * within
    variance = between / (total - (count**2).sum() / total)
    if variance <= 0:
        return 0.0, 0.0
    return float(within / variance), float(np.sqrt(variance))


def _baseline(
    frame: pd.DataFrame, spec: FeatureSpec, row: Mapping[Any, Any]
) -> float:
    shaped = _shaped(frame, spec.name, {**row, "baseline": np.nan})
    is_known = ~np.isnan(shaped)
    weights = np.ones(len(frame))
    if spec.support is not None:
        support = read_support(frame, spec.support)
        weights = support if support[is_known].sum() > 0 else weights
    mean = np.average(shaped[is_known], weights=weights[is_known])
    return float(round_significant(mean))


def _shaped(
    frame: pd.DataFrame, name: str, row: Mapping[Any, Any]
) -> FloatArray:
    clipped = np.clip(
        read_numbers(frame, name), row["clip_low"], row["clip_high"]
    )
    if row["shape"] == "log1p":
        clipped = np.log(1.0 + clipped)
    elif row["shape"] == "sqrt":
        clipped = np.sqrt(clipped)
    return np.where(np.isnan(clipped), row["baseline"], clipped)


def _shrunk(
    frame: pd.DataFrame,
    shaped: FloatArray,
    support: str | None,
    row: Mapping[Any, Any],
) -> FloatArray:
    if support is None:
        return shaped
    count = read_support(frame, support)
    total = count + row["prior_count"]
    drawn = count * shaped + row["prior_count"] * row["baseline"]
    mean = drawn / np.where(total > 0, total, 1.0)
    return np.asarray(np.where(total > 0, mean, row["baseline"]))
