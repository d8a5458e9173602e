"""Columns in, numbers out: checked at the door, rounded before storage.

A frame is checked before anything is learnt from it. Each message names the
column and the mend, because it is read by somebody who knows the data and not
this code.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# The columns of the ml tables that a training fills.
FEATURE_COLUMNS = [
    "position",
    "feature",
    "feature_group",
    "shape",
    "support",
    "prior_count",
    "baseline",
    "clip_low",
    "clip_high",
    "center",
    "scale",
    "weight",
    "note",
]
CENTROID_COLUMNS = ["cluster_id", "position", "centroid_value", "spread"]
CLUSTER_COLUMNS = [
    "cluster_id",
    "parent_cluster_id",
    "persona_id",
    "count_sampled",
    "jaccard",
    "standing",
    "score_offset",
]
SPLIT_COLUMNS = ["split_algorithm", "split_verdict", "split_reason"]
CRITERIA_COLUMNS = [
    "algorithm",
    "count_clusters",
    "mean_jaccard",
    "min_jaccard",
    "prediction_strength",
    "silhouette",
    "reference_silhouette",
    "held_out_likelihood",
    "min_share",
    "is_chosen",
    "note",
]


class ScalingError(ValueError):
    """The frame cannot be scaled; the message names the column and mend."""


class MissingColumnError(ScalingError):
    """A feature, support or key column is not in the frame."""


class InvalidValueError(ScalingError):
    """A column holds text, infinite values or a negative support."""


class EmptyFrameError(ScalingError):
    """There is no row to learn from."""


class DuplicateCustomerError(ScalingError):
    """A customer has more than one row, or a row has no customer."""


def check_customer_ids(frame: pd.DataFrame) -> None:
    """Raise unless ``customer_id`` is there, known and unique."""
    if "customer_id" not in frame:
        raise MissingColumnError(
            "Column 'customer_id' is missing; add it to the frame."
        )
    ids = frame["customer_id"]
    is_wrong = ids.isna() | ids.duplicated()
    if is_wrong.any():
        raise DuplicateCustomerError(
            f"Column 'customer_id' is null or repeated in {is_wrong.sum()} "
            "rows; pass exactly one row per customer."
        )


def read_support(frame: pd.DataFrame, name: str) -> FloatArray:
    """Read a column that counts observations; null is 0."""
    count: FloatArray = np.nan_to_num(read_numbers(frame, name), nan=0.0)
    if (count < 0).any():
        raise InvalidValueError(
            f"Support column '{name}' has {(count < 0).sum()} negative "
            "values; it must count observations."
        )
    return count


def read_numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    """Read a numeric column as float64; null is nan."""
    if name not in frame:
        raise MissingColumnError(
            f"Column '{name}' is missing; add it to the frame or take its "
            "feature out of the specs."
        )
    try:
        numbers = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(
            f"Column '{name}' is not numeric ({error}); cast it in SQL."
        ) from error
    count_infinite = int(np.isinf(numbers).sum())
    if count_infinite:
        raise InvalidValueError(
            f"Column '{name}' has {count_infinite} infinite values; turn "
            "them into null where the division is made."
        )
    return np.asarray(numbers, dtype=np.float64)


def round_significant(values: ArrayLike, digits: int = 12) -> FloatArray:
    """Round to significant decimal digits, the form in which we store."""
    array = np.asarray(values, dtype=np.float64)
    rounded = [float(f"{value:.{digits}g}") + 0.0 for value in array.ravel()]
    return np.array(rounded, dtype=np.float64).reshape(array.shape)
