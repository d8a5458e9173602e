"""The strata that a campaign is compared in, and whether its personas differ.

A persona of a campaign with held-out customers is one stratum; the campaign as
a whole has one per persona. Where nobody was held out, strata are classes of
propensity, made by `ml.campaign_matching`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from ml import proportions
from ml.campaign_figures import SUMS

FEWEST = 11  # customers per arm that a row is tested on

Strata = tuple[pd.DataFrame, pd.DataFrame]


def of_persona(arms: pd.DataFrame) -> Strata | None:
    """Return the single stratum of a persona in ``int_campaign_arms``."""
    own = arms[arms["arm"] == "treated"]
    other = arms[arms["arm"] == "held_out"]
    if not own["count_customers"].sum() or not other["count_customers"].sum():
        return None
    return own, other


def of_matched(strata: pd.DataFrame) -> Strata | None:
    """Return matched strata arm by arm, in one order."""
    if strata.empty:
        return None
    ordered = strata.sort_values("stratum")
    return (
        ordered[ordered["arm"] == "treated"],
        ordered[ordered["arm"] == "compared"],
    )


def merged(arms: pd.DataFrame) -> Strata | None:
    """Return a campaign's personas as strata, the small ones as one.

    A stratum with fewer than 11 customers in an arm is no basis for a
    variance; if the small ones are too few together as well, they join the
    smallest of the others.
    """
    table = arms.pivot_table(
        index="persona_id",
        columns="arm",
        values="count_customers",
        aggfunc="sum",
        fill_value=0,
    ).reindex(columns=["treated", "held_out"], fill_value=0)
    is_small = table.min(axis=1) < FEWEST
    group = pd.Series(
        np.where(is_small, "", table.index), index=table.index, dtype=object
    )
    if is_small.any() and table[is_small].sum().min() < FEWEST:
        large = table[~is_small]
        if large.empty:
            return None
        group[is_small] = large.min(axis=1).idxmin()
    summed = (
        arms.assign(stratum=arms["persona_id"].map(group))
        .groupby(["stratum", "arm"], sort=True)[SUMS]
        .sum()
        .reset_index()
    )
    return (
        summed[summed["arm"] == "treated"],
        summed[summed["arm"] == "held_out"],
    )


def differing(
    arms: pd.DataFrame, matched: pd.DataFrame, *, is_randomised: bool
) -> dict[str, float]:
    """Return the tests whether the personas of a campaign differ.

    ``heterogeneity_p_value`` is that of one lift in all personas,
    ``split_p_value`` that of one split into arms, by chi-squared; both over
    the personas with 11 customers in each arm. nan with less than two.
    """
    other = "held_out" if is_randomised else "compared"
    rows = arms if is_randomised else matched[matched["persona_id"].notna()]
    both = ["treated", other]
    sums = {
        name: rows.pivot_table(
            index="persona_id",
            columns="arm",
            values=name,
            aggfunc="sum",
            fill_value=0,
        ).reindex(columns=both, fill_value=0)
        for name in ("count_customers", "count_converted")
    }
    is_large = (sums["count_customers"] >= FEWEST).all(axis=1)
    count = sums["count_customers"][is_large].to_numpy(np.float64)
    bought = sums["count_converted"][is_large].to_numpy(np.float64)
    if len(count) < 2:
        return {"heterogeneity_p_value": math.nan, "split_p_value": math.nan}
    split = (
        float(stats.chi2_contingency(count, correction=False).pvalue)
        if is_randomised
        else math.nan
    )
    return {
        "heterogeneity_p_value": proportions.heterogeneity_p_value(
            count[:, 0], bought[:, 0], count[:, 1], bought[:, 1]
        ),
        "split_p_value": split,
    }
