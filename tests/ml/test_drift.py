"""Drift: bins that hold the year before, and an index that sees a change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.drift import BIN_COLUMNS, bins_of, fit_bins, stability_index


def counts(values: np.ndarray, bins: pd.DataFrame) -> np.ndarray:
    edges = bins["lower_edge"].dropna().to_numpy()
    return np.bincount(bins_of(values, edges), minlength=len(bins))


def test_a_feature_is_cut_at_its_tenths_and_every_customer_counts():
    values = np.arange(1000.0)
    values[:50] = np.nan
    bins = fit_bins(pd.DataFrame({"a": values}), ["a"])
    assert list(bins.columns) == BIN_COLUMNS
    assert bins["bin"].tolist() == list(range(11))
    counted = bins["reference_count"].tolist()
    assert (counted[0], sum(counted)) == (50, 1000)
    assert all(abs(one - 95) <= 1 for one in counted[1:])
    assert bins["lower_edge"].isna().sum() == 2


def test_equal_values_are_never_parted():
    values = np.array([0.0] * 700 + [1.0] * 250 + [7.0] * 50)
    bins = fit_bins(pd.DataFrame({"a": values}), ["a"])
    assert bins["reference_count"].tolist() == [0, 700, 250, 50]
    constant = fit_bins(pd.DataFrame({"a": [3.0] * 10}), ["a"])
    assert constant["reference_count"].tolist() == [0, 10]
    unknown = fit_bins(pd.DataFrame({"a": [np.nan] * 10}), ["a"])
    assert unknown["reference_count"].tolist() == [10, 0]
    assert fit_bins(pd.DataFrame(), []).empty


def test_without_a_change_the_index_is_what_chance_makes():
    rng = np.random.default_rng(1)
    bins = fit_bins(pd.DataFrame({"a": rng.normal(size=20_000)}), ["a"])
    found = [
        stability_index(
            bins["reference_count"].to_numpy(dtype=float),
            counts(rng.normal(size=500), bins).astype(float),
        )
        for _ in range(300)
    ]
    index, chance = np.mean(found, axis=0)
    assert abs(index - chance) < 0.1 * chance
    assert max(one - two for one, two in found) < 0.1


def test_a_change_of_half_a_deviation_is_above_the_bound():
    rng = np.random.default_rng(1)
    bins = fit_bins(pd.DataFrame({"a": rng.normal(size=20_000)}), ["a"])
    reference = bins["reference_count"].to_numpy(dtype=float)
    for shift, is_above in ((0.2, False), (0.6, True)):
        moved = counts(rng.normal(shift, 1, size=2_000), bins).astype(float)
        index, chance = stability_index(reference, moved)
        assert (index - chance > 0.25) == is_above
    lost = rng.normal(size=2_000)
    lost[:600] = np.nan
    index, chance = stability_index(reference, counts(lost, bins).astype(float))
    assert index - chance > 0.25
