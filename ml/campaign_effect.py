"""Campaign effect: what a campaign did to each persona, and how sure that is.

SQL brings customers, buyers and sums per campaign, persona and arm; here they
become a lift with its interval, a p-value adjusted within the campaign, what
the campaign brought for its money, and one of four verdicts. "Not enough data"
is a verdict like the others, and comes with how many customers would tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd
from scipy import stats

from ml import campaign_strata
from ml.campaign_figures import SUMS, Figures, measure, told
from ml.campaign_privacy import hide_small_cells
from ml.campaign_strata import FEWEST, Strata
from ml.columns import MissingColumnError
from ml.proportions import Interval

SIGNIFICANT = 0.05
ARMS = ("treated", "held_out")
WORKS = "works"
DOES_NOT = "does not"
HARMS = "harms"
NOT_ENOUGH = "not enough data"
RANDOMISED = "randomised"
OBSERVATIONAL = "observational"

ABOVE = "The interval of the lift lies above 0."
BELOW = "The interval of the lift lies below 0."
TOO_SMALL = "The interval excludes every lift that would matter."
UNDECIDED = "The interval reaches from no effect to a lift that would matter."
BY_CHANCE = (
    "The interval lies on one side of 0, but among as many comparisons chance "
    "alone shows such a difference too often."
)
WINDOW_OPEN = "The window after the touch is still open."
NO_HELD_OUT = "Nobody of this persona was held out."
FEW = "Too few customers were treated or held out."
FEW_MATCHED = "Too few customers are like the treated to compare them with."
UNLIKE_MATCHED = (
    "The customers compared with the treated differ from them before the touch."
)
UNLIKE_HELD_OUT = (
    "The held-out customers differ from the treated before the touch: they "
    "were not left out at random."
)
BY_MATCHING = " Nobody was held out: customers who were alike are compared."

ARM_COLUMNS = [
    "campaign_id",
    "persona_id",
    "arm",
    *SUMS,
    "count_open_windows",
    "count_cut_short",
    "spend_amount",
]
MATCHED_COLUMNS = ["campaign_id", "persona_id", "stratum", "arm", *SUMS]


COUNTS = [
    "count_treated",
    "count_held_out",
    "count_matched",
    "count_open_windows",
    "count_compared_treated",
    "count_treated_converted",
    "count_compared_converted",
    "count_customers_needed",
]
ESTIMATES = [
    "lift",
    "lift_ratio",
    "incremental_orders",
    "incremental_net_amount",
    "incremental_margin_amount",
    "return_on_spend",
]
SHARED_COLUMNS = [
    "evidence",
    "verdict",
    "verdict_reason",
    "return_basis",
    *COUNTS,
    "cut_short_share",
    "treated_conversion_share",
    "compared_conversion_share",
    *(
        f"{name}{suffix}"
        for name in ESTIMATES
        for suffix in ("", "_low", "_high")
    ),
    "p_value",
    "adjusted_p_value",
    "detectable_lift",
    "spend_amount",
    "has_hidden_counts",
    "has_hidden_figures",
]
EFFECT_COLUMNS = ["campaign_id", "persona_id", *SHARED_COLUMNS]
TOTAL_COLUMNS = [
    "campaign_id",
    *SHARED_COLUMNS,
    "count_personas",
    "heterogeneity_p_value",
    "adjusted_heterogeneity_p_value",
    "split_p_value",
]


@dataclass(frozen=True)
class Judged:
    """What is said of the campaigns.

    Attributes
    ----------
    effects : DataFrame
        One row per campaign and persona.
    totals : DataFrame
        One row per campaign: the same columns, and whether the personas
        differ.
    """

    effects: pd.DataFrame
    totals: pd.DataFrame


def judge_campaigns(
    arms: pd.DataFrame,
    matched: pd.DataFrame,
    unlike: pd.DataFrame,
    *,
    smallest_relevant_lift: float,
) -> Judged:
    """Judge every campaign, for each persona and as a whole.

    A campaign that held out nobody is compared with matched customers, and is
    labelled observational. The family of the adjusted p-values (Benjamini &
    Hochberg) is the personas of one campaign, so that a verdict does not
    change because another campaign came; for whole campaigns and for the
    tests whether personas differ it is all campaigns of the same evidence.

    Parameters
    ----------
    arms : DataFrame
        The rows of ``int_campaign_arms``, the columns ``ARM_COLUMNS``.
    matched : DataFrame
        Strata of campaigns without held-out customers, the columns
        ``MATCHED_COLUMNS``; ``persona_id`` is null in those of the whole
        campaign, ``arm`` is treated or compared.
    unlike : DataFrame
        campaign_id of those whose arms differ too much before the touch.
    smallest_relevant_lift : float
        The smallest difference of the shares that would matter, 0-1.

    Returns
    -------
    Judged

    Raises
    ------
    MissingColumnError
        When a column is missing.
    ValueError
        When ``smallest_relevant_lift`` is no share above 0.

    References
    ----------
    Benjamini & Hochberg (1995), J. R. Statist. Soc. B 57, 289-300.
    """
    if not 0 < smallest_relevant_lift < 1:
        raise ValueError(
            f"The var smallest_relevant_lift is {smallest_relevant_lift}: "
            "write a share above 0, such as 0.02."
        )
    _demand(arms, ARM_COLUMNS, "int_campaign_arms")
    _demand(matched, MATCHED_COLUMNS, "the matched strata")
    arms = arms[ARM_COLUMNS].astype(
        dict.fromkeys([*SUMS, "spend_amount"], "float64")
    )
    refused = set(unlike["campaign_id"])
    effects: list[dict[str, Any]] = []
    totals: list[dict[str, Any]] = []
    for campaign_id, of_campaign in arms.groupby("campaign_id", sort=True):
        judge = _Judge(
            of_campaign,
            matched[matched["campaign_id"] == campaign_id],
            is_unlike=campaign_id in refused,
            relevant=smallest_relevant_lift,
        )
        of_personas = _decided(judge.personas(), smallest_relevant_lift)
        effects += hide_small_cells(of_personas)
        totals.append(judge.total())
    for evidence in (RANDOMISED, OBSERVATIONAL):
        family = [one for one in totals if one["evidence"] == evidence]
        _decided(family, smallest_relevant_lift)
        _adjust(family, "heterogeneity_p_value")
    hidden = [row for total in totals for row in hide_small_cells([total])]
    return Judged(
        _frame(effects, EFFECT_COLUMNS), _frame(hidden, TOTAL_COLUMNS)
    )


@dataclass(frozen=True)
class _Judge:
    """Makes the rows of one campaign, their verdicts still open."""

    arms: pd.DataFrame
    matched: pd.DataFrame
    is_unlike: bool
    relevant: float

    @property
    def is_randomised(self) -> bool:
        """Whether anybody was held out."""
        return bool((self.arms["arm"] == "held_out").any())

    def personas(self) -> list[dict[str, Any]]:
        """Return a row per persona."""
        rows = []
        for persona_id, arms in self.arms.groupby("persona_id", sort=True):
            own = self.matched[self.matched["persona_id"] == persona_id]
            strata = (
                campaign_strata.of_persona(arms)
                if self.is_randomised
                else campaign_strata.of_matched(own)
            )
            rows.append(self._row(arms, strata) | {"persona_id": persona_id})
        return rows

    def total(self) -> dict[str, Any]:
        """Return the row of the whole campaign."""
        whole = self.matched[self.matched["persona_id"].isna()]
        strata = (
            campaign_strata.merged(self.arms)
            if self.is_randomised
            else campaign_strata.of_matched(whole)
        )
        row = self._row(self.arms, strata)
        differing = campaign_strata.differing(
            self.arms, self.matched, is_randomised=self.is_randomised
        )
        if row["refusal"] is not None:
            differing["heterogeneity_p_value"] = math.nan
        count_personas = self.arms["persona_id"].nunique()
        return row | differing | {"count_personas": count_personas}

    def _row(self, arms: pd.DataFrame, strata: Strata | None) -> dict[str, Any]:
        in_all = [_counts(arms[arms["arm"] == arm]) for arm in ARMS]
        compared = in_all
        matched = math.nan
        if not self.is_randomised and strata is not None:
            compared = [_counts(arm) for arm in strata]
            matched = compared[1][0]
        refusal = self._refusal(arms, strata)
        figures = (
            measure(*strata, relevant=self.relevant)
            if strata is not None and refusal is None
            else Figures()
        )
        count = compared[0][0]
        spend = float(arms["spend_amount"].sum())
        part = count / in_all[0][0] if in_all[0][0] else 0.0
        counted = in_all[0][0] + in_all[1][0]
        cut_short = float(arms["count_cut_short"].sum())
        return {
            "campaign_id": arms["campaign_id"].iloc[0],
            "evidence": RANDOMISED if self.is_randomised else OBSERVATIONAL,
            "refusal": refusal,
            "count_treated": in_all[0][0],
            "count_held_out": in_all[1][0],
            "count_matched": matched,
            "count_open_windows": float(arms["count_open_windows"].sum()),
            "count_compared_treated": count if refusal is None else 0.0,
            "cut_short_share": cut_short / counted if counted else math.nan,
            "spend_amount": spend,
            "cells": [
                cell
                for customers, converted in compared
                for cell in (converted, customers - converted)
            ],
            **told(figures, count, spend * part),
        }

    def _refusal(self, arms: pd.DataFrame, strata: Strata | None) -> str | None:
        """Return why a row has no figures; None where it has."""
        if self.arms["count_open_windows"].sum():
            return WINDOW_OPEN
        if strata is None:
            is_held_out = arms["arm"] == "held_out"
            if not self.is_randomised:
                return FEW_MATCHED
            return FEW if is_held_out.any() else NO_HELD_OUT
        if min(arm["count_customers"].sum() for arm in strata) < FEWEST:
            return FEW if self.is_randomised else FEW_MATCHED
        if self.is_unlike:
            return UNLIKE_HELD_OUT if self.is_randomised else UNLIKE_MATCHED
        return None


def _counts(arm: pd.DataFrame) -> tuple[float, float]:
    """Return customers, and how many of them bought."""
    return (
        float(arm["count_customers"].sum()),
        float(arm["count_converted"].sum()),
    )


def _decided(
    rows: list[dict[str, Any]], relevant: float
) -> list[dict[str, Any]]:
    """Adjust the p-values of a family and give each row its verdict."""
    _adjust(rows, "p_value")
    for row in rows:
        if row["refusal"] is not None:
            row["verdict"], row["verdict_reason"] = NOT_ENOUGH, row["refusal"]
            continue
        row["verdict"], row["verdict_reason"] = verdict_of(
            Interval(row["lift"], row["lift_low"], row["lift_high"]),
            row["adjusted_p_value"],
            relevant=relevant,
        )
        if row["evidence"] == OBSERVATIONAL:
            row["verdict_reason"] += BY_MATCHING
    return rows


def _adjust(rows: list[dict[str, Any]], name: str) -> None:
    """Adjust the p-values that are known; the family is what is given."""
    known = [row for row in rows if not math.isnan(row[name])]
    values = [row[name] for row in known]
    adjusted = stats.false_discovery_control(values) if values else []
    for row in rows:
        row[f"adjusted_{name}"] = math.nan
    for row, value in zip(known, adjusted, strict=True):
        row[f"adjusted_{name}"] = float(value)


def verdict_of(
    lift: Interval, adjusted_p_value: float, *, relevant: float
) -> tuple[str, str]:
    """Return verdict and reason of a lift.

    ``works`` and ``harms`` ask for an adjusted p-value of at most 0.05 and an
    interval on one side of 0; ``does not`` for an interval below the smallest
    lift that would matter. Everything else is not enough data.
    """
    if adjusted_p_value <= SIGNIFICANT and lift.low > 0:
        return WORKS, ABOVE
    if adjusted_p_value <= SIGNIFICANT and lift.high < 0:
        return HARMS, BELOW
    if lift.high < relevant:
        return DOES_NOT, TOO_SMALL
    is_one_sided = lift.low > 0 or lift.high < 0
    return NOT_ENOUGH, BY_CHANCE if is_one_sided else UNDECIDED


def _frame(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    for name in COUNTS:
        frame[name] = frame[name].astype("float64").astype("Int64")
    return frame


def _demand(frame: pd.DataFrame, columns: list[str], where: str) -> None:
    missing = [name for name in columns if name not in frame]
    if missing:
        raise MissingColumnError(
            f"Column '{missing[0]}' is missing from {where}; select it."
        )
