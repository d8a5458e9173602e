"""How far what customers do is from what a model was trained on.

A month is compared with the year before the model, feature by feature, by the
population stability index (PSI) over bins that are fixed at the training. Each
row is a customer in a month with an order, and its features are of that month
alone: the window that segments is long, and would show a change a year late.
SQL counts the bins of every month; here the bins are made.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ml.columns import FloatArray

N_BINS = 10
BIN_COLUMNS = ["feature", "bin", "lower_edge", "reference_count"]


def fit_bins(
    frame: pd.DataFrame, features: Sequence[str], *, n_bins: int = N_BINS
) -> pd.DataFrame:
    """Cut each feature at its quantiles and count.

    Parameters
    ----------
    frame : DataFrame
        One row per customer and month; the columns ``features``, NaN where
        unknown.
    features : sequence of str
    n_bins : int
        Most bins of a feature; fewer where values are equal.

    Returns
    -------
    DataFrame
        ``BIN_COLUMNS``, one row per feature and bin. Bin 0 is the unknown; a
        value is in the last bin whose ``lower_edge`` is below it, and
        ``lower_edge`` is null for bins 0 and 1.
    """
    tables = []
    for feature in features:
        values = frame[feature].to_numpy(dtype=np.float64)
        known = values[~np.isnan(values)]
        cuts = np.linspace(0, 1, n_bins + 1)[1:-1]
        edges = (
            np.unique(np.quantile(known, cuts, method="inverted_cdf"))
            if len(known)
            else known
        )
        edges = edges[edges < known.max()] if len(known) else edges
        counts = np.bincount(bins_of(values, edges), minlength=len(edges) + 2)
        tables.append(
            pd.DataFrame(
                {
                    "feature": feature,
                    "bin": np.arange(len(edges) + 2),
                    "lower_edge": [np.nan, np.nan, *edges],
                    "reference_count": counts,
                }
            )
        )
    if not tables:
        return pd.DataFrame(columns=BIN_COLUMNS)
    return pd.concat(tables, ignore_index=True)[BIN_COLUMNS]


def bins_of(values: FloatArray, edges: FloatArray) -> FloatArray:
    """Return the bin of each value: 0 for NaN, else 1 + the edges below it."""
    below = np.searchsorted(edges, values, side="left")
    return np.where(np.isnan(values), 0, 1 + below)


def stability_index(
    reference: FloatArray, counts: FloatArray
) -> tuple[float, float]:
    """Return the PSI of two sets of counts, and what chance alone makes.

    Half a customer is added to every bin. Without any change the PSI of n
    and m customers in k bins is (k - 1)(1/n + 1/m) on average (Yurdakul and
    Naranjo 2020, J. Risk Model Validation 14). The reference for the SQL.

    Parameters
    ----------
    reference, counts : ndarray of shape (k,)
    """
    expected = (reference + 0.5) / (reference + 0.5).sum()
    actual = (counts + 0.5) / (counts + 0.5).sum()
    index = float(((actual - expected) * np.log(actual / expected)).sum())
    chance = (len(reference) - 1) * (1 / reference.sum() + 1 / counts.sum())
    return index, float(chance)
