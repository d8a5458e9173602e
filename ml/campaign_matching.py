"""Campaigns without held-out customers: who is like the treated, and how alike.

A logistic regression says from what was known before the touch how likely each
customer was to be treated. Customers of equal propensity are compared, in
classes that hold as many treated each, and the balance table says whether the
two sides were alike before the touch. What was not known is not balanced: such
a comparison is observational, whatever its interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from ml.campaign_figures import SUMS
from ml.columns import FloatArray, MissingColumnError

MOST_STRATA = 10
FEWEST_STRATA = 3  # below it, too little of the difference is taken out
TREATED_PER_STRATUM = 11
COMPARED_PER_STRATUM = 5
ALIKE = 0.1  # standardised difference of means that counts as none
UNLIKE = 0.25  # of held-out customers: no longer left out at random
CHANCE = 3.0  # standard errors within which a random split may lie

TREATED = "treated"
COMPARED = "compared"
OUTCOMES = ["count_orders", "net_amount", "costed_net_amount", "margin_amount"]
STRATA_COLUMNS = ["persona_id", "stratum", "arm", *SUMS]
BALANCE_COLUMNS = [
    "covariate",
    "count_treated",
    "count_compared",
    "difference_before",
    "difference_after",
    "allowed_difference",
    "is_balanced",
]


@dataclass(frozen=True)
class Matching:
    """Matched customers of one campaign.

    Attributes
    ----------
    strata : DataFrame
        Sums per persona (null: the whole campaign), stratum and arm, the
        columns ``STRATA_COLUMNS``. Empty where too few are alike.
    balance : DataFrame
        One row per covariate, the columns ``BALANCE_COLUMNS``.
    """

    strata: pd.DataFrame
    balance: pd.DataFrame


def match_customers(
    cohort: pd.DataFrame, covariates: Sequence[str]
) -> Matching:
    """Compare the treated of a campaign with customers who are like them.

    Customers outside the range of propensities that both sides have are left
    out. Classes are cut at quantiles of the treated's propensity, at most
    ten, of at least 11 treated each; classes with fewer than five of the
    others join their neighbour. A persona, or the campaign, with less than
    three classes is not compared.

    Parameters
    ----------
    cohort : DataFrame
        One row per customer: arm (treated, compared), persona_id, the
        covariates, and what they bought in the window: ``OUTCOMES``.
    covariates : sequence of str
        Numbers known before the touch.

    Returns
    -------
    Matching

    Raises
    ------
    MissingColumnError
        When a column is missing.

    References
    ----------
    Rosenbaum & Rubin (1983), Biometrika 70, 41-55; (1984), J. Am. Stat.
    Assoc. 79, 516-524. Austin (2011), Multivariate Behavioral Research 46,
    399-424.
    """
    needed = ["arm", "persona_id", *covariates, *OUTCOMES]
    for name in needed:
        if name not in cohort:
            raise MissingColumnError(
                f"Column '{name}' is missing from the cohort of a campaign; "
                "select it in int_campaign_cohorts."
            )
    cohort = cohort[needed].reset_index(drop=True)
    values = _values(cohort, covariates)
    is_treated = (cohort["arm"] == TREATED).to_numpy()
    if min(is_treated.sum(), (~is_treated).sum()) < TREATED_PER_STRATUM:
        return Matching(
            pd.DataFrame(columns=STRATA_COLUMNS),
            _balance(values, is_treated, None),
        )
    score = propensity(values.to_numpy(np.float64), is_treated)
    is_common = _common_support(score, is_treated)
    stratum = _cut(score, is_treated, is_common)
    parts = []
    if stratum is not None:
        parts.append(_summed(cohort, stratum, None))
    for persona_id, rows in cohort.groupby(
        "persona_id", sort=True
    ).groups.items():
        inside = np.zeros(len(cohort), dtype=bool)
        inside[rows] = True
        own = _cut(score, is_treated, is_common & inside)
        if own is not None:
            parts.append(_summed(cohort, own, str(persona_id)))
    strata = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=STRATA_COLUMNS)
    )
    return Matching(strata, _balance(values, is_treated, stratum))


def propensity(values: FloatArray, is_treated: np.ndarray) -> FloatArray:
    """Return the log odds of being treated, by logistic regression.

    Parameters
    ----------
    values : ndarray, shape (customers, covariates)
        Standardised here; a covariate that is equal for all says nothing.
    is_treated : ndarray of bool, shape (customers,)

    Returns
    -------
    ndarray, shape (customers,)
    """
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    model = LogisticRegression(C=10.0, max_iter=1000)
    model.fit(scaled, is_treated)
    return np.asarray(model.decision_function(scaled), dtype=np.float64)


def balance_of_arms(moments: pd.DataFrame) -> pd.DataFrame:
    """Return how alike treated and held-out customers were before the touch.

    Nothing is matched, so before is after. What a random split may show is
    allowed: three standard errors, and 0.1 at least.

    Parameters
    ----------
    moments : DataFrame
        campaign_id, covariate, arm (treated, held_out), count_customers, mean,
        variance.

    Returns
    -------
    DataFrame
        campaign_id and the columns ``BALANCE_COLUMNS``.
    """
    sides = [
        moments[moments["arm"] == arm].set_index(["campaign_id", "covariate"])
        for arm in (TREATED, "held_out")
    ]
    both = sides[0].join(sides[1].add_suffix("_compared"), how="inner")
    counts = [both["count_customers"], both["count_customers_compared"]]
    spread = np.sqrt((both["variance"] + both["variance_compared"]) / 2)
    apart = (both["mean"] - both["mean_compared"]) / spread.where(spread > 0, 1)
    allowed = np.maximum(ALIKE, CHANCE * np.sqrt(1 / counts[0] + 1 / counts[1]))
    found = pd.DataFrame(
        {
            "count_treated": counts[0].astype("int64"),
            "count_compared": counts[1].astype("int64"),
            "difference_before": apart,
            "difference_after": apart,
            "allowed_difference": allowed,
            "is_balanced": apart.abs() < allowed,
        }
    )
    return found.reset_index()


def is_unlike(balance: pd.DataFrame, *, is_randomised: bool) -> bool:
    """Say whether arms differ too much before the touch to be compared.

    Matched customers must differ by less than 0.1 in everything. Of held-out
    ones, what chance does not explain may be up to 0.25; personas, in which
    they are compared separately, do not count.

    References
    ----------
    Stuart (2010), Statistical Science 25, 1-21.
    """
    if is_randomised:
        counted = balance[~balance["covariate"].str.startswith("persona_")]
        far = counted["difference_after"].abs() >= UNLIKE
        return bool((far & ~counted["is_balanced"].astype(bool)).any())
    return not bool(balance["is_balanced"].fillna(False).astype(bool).all())


def _values(cohort: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Return the covariates and a column of 0 and 1 per persona."""
    values = cohort[list(covariates)].astype("float64")
    for persona_id in sorted(cohort["persona_id"].unique()):
        values[f"persona_{persona_id}"] = (
            cohort["persona_id"] == persona_id
        ).astype("float64")
    return values


def _common_support(score: FloatArray, is_treated: np.ndarray) -> np.ndarray:
    own, other = score[is_treated], score[~is_treated]
    low, high = max(own.min(), other.min()), min(own.max(), other.max())
    return np.asarray((score >= low) & (score <= high))


def _cut(
    score: FloatArray, is_treated: np.ndarray, is_counted: np.ndarray
) -> FloatArray | None:
    """Return the stratum of each customer, nan outside; None: too few."""
    own = score[is_treated & is_counted]
    count = min(len(own) // TREATED_PER_STRATUM, MOST_STRATA)
    if count < FEWEST_STRATA:
        return None
    edges = np.unique(np.quantile(own, np.linspace(0, 1, count + 1)[1:-1]))
    place = np.searchsorted(edges, score, side="right")
    kept = _merge_sparse(
        np.bincount(place[is_treated & is_counted], minlength=len(edges) + 1),
        np.bincount(place[~is_treated & is_counted], minlength=len(edges) + 1),
    )
    if kept.max() + 1 < FEWEST_STRATA:
        return None
    return np.asarray(np.where(is_counted, kept[place], np.nan))


def _merge_sparse(treated: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """Return a new number per stratum; sparse ones have their neighbour's."""
    found = np.zeros(len(treated), dtype=np.int64)
    number, own, other = 0, 0, 0
    for place, (more_own, more_other) in enumerate(
        zip(treated, compared, strict=True)
    ):
        found[place] = number
        own, other = own + more_own, other + more_other
        if own >= TREATED_PER_STRATUM and other >= COMPARED_PER_STRATUM:
            number, own, other = number + 1, 0, 0
    if (own or other) and number:
        found[found == number] = number - 1
    return found


def _summed(
    cohort: pd.DataFrame, stratum: FloatArray, persona_id: str | None
) -> pd.DataFrame:
    counted = cohort.assign(stratum=stratum).dropna(subset="stratum")
    sums = pd.DataFrame(
        {
            "stratum": counted["stratum"].astype("int64"),
            "arm": counted["arm"],
            "count_customers": 1.0,
            "count_converted": (counted["count_orders"] > 0).astype("float64"),
            "count_orders": counted["count_orders"].astype("float64"),
            "sum_squared_orders": counted["count_orders"].astype("float64")
            ** 2,
            "sum_net_amount": counted["net_amount"],
            "sum_squared_net_amount": counted["net_amount"] ** 2,
            "sum_costed_net_amount": counted["costed_net_amount"],
            "sum_margin_amount": counted["margin_amount"],
            "sum_squared_margin_amount": counted["margin_amount"] ** 2,
        }
    )
    summed = sums.groupby(["stratum", "arm"], sort=True)[SUMS].sum()
    found = summed.reset_index()
    found["persona_id"] = pd.Series([persona_id] * len(found), dtype=object)
    return found[STRATA_COLUMNS]


def _balance(
    values: pd.DataFrame, is_treated: np.ndarray, stratum: FloatArray | None
) -> pd.DataFrame:
    own, other = values[is_treated], values[~is_treated]
    spread = np.sqrt((own.var().fillna(0) + other.var().fillna(0)) / 2)
    spread = spread.where(spread > 0, 1)
    after = pd.Series(np.nan, index=values.columns)
    if stratum is not None:
        weight = _weights(is_treated, stratum)
        means = [
            (values.mul(weight, axis=0)[side]).sum() / weight[side].sum()
            for side in (is_treated, ~is_treated)
        ]
        after = (means[0] - means[1]) / spread
    return pd.DataFrame(
        {
            "covariate": list(values.columns),
            "count_treated": int(is_treated.sum()),
            "count_compared": int((~is_treated).sum()),
            "difference_before": (
                (own.mean() - other.mean()) / spread
            ).to_numpy(),
            "difference_after": after.to_numpy(),
            "allowed_difference": ALIKE,
            "is_balanced": (after.abs() < ALIKE).to_numpy(),
        }
    )[BALANCE_COLUMNS]


def _weights(is_treated: np.ndarray, stratum: FloatArray) -> FloatArray:
    """Return what a customer counts for: the treated 1, the others as many."""
    weight = np.zeros(len(stratum))
    for number in np.unique(stratum[~np.isnan(stratum)]):
        inside = stratum == number
        own, other = inside & is_treated, inside & ~is_treated
        weight[own] = 1.0
        weight[other] = own.sum() / other.sum()
    return weight
