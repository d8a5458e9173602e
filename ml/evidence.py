"""Evidence: which differences between personas may be said.

A claim is a row: a persona, a trait, its value against everybody's, and what
chance alone would do. SQL brings counts, sums and sums of squares; here they
become effect sizes, intervals and p-values. A difference may be said when it
is no accident (Benjamini and Hochberg over all claims of the run) and large
enough to matter. Cells that would show a few customers are left out, together
with those that would give them back by subtraction.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ml.columns import FloatArray, MissingColumnError
from ml.shares import (
    CONFIDENCE,
    adjusted_p_values,
    cohens_h,
    exact_p_value,
    wilson_interval,
)

SIGNIFICANT = 0.001  # adjusted p-value of a claim that may be said
MATERIAL = 0.2  # effect size of one: a small effect in Cohen's words
FEWEST_KNOWN = 30  # customers it must rest on
FLOOR = 11  # customers a published cell counts at least
UNASSIGNED = "unassigned"

SUM_COLUMNS = [
    "persona_id",
    "parent_persona_id",
    "trait",
    "trait_value",
    "statistic",
    "part",
    "unit",
    "basis",
    "source_entity",
    "count_customers",
    "count_known",
    "sum_value",
    "sum_squared",
]
CLAIM_COLUMNS = [
    "trait_id",
    "persona_id",
    "part",
    "trait",
    "trait_value",
    "statistic",
    "unit",
    "basis",
    "source_entity",
    "persona_value",
    "baseline_value",
    "lift",
    "effect_size",
    "interval_low",
    "interval_high",
    "p_value",
    "adjusted_p_value",
    "count_known",
    "known_share",
    "is_claim",
    "difference_rank",
]


def judge_claims(sums: pd.DataFrame, *, floor: int = FLOOR) -> pd.DataFrame:
    """Test every difference between a persona and everybody else.

    A sub-persona is compared with the other customers of its persona.

    Shares are tested by Fisher's exact test, with Cohen's h as effect size
    and Wilson's interval; means by Welch's t-test, with the difference in
    standard deviations of all customers as effect size and Student's
    interval. A claim may be said (``is_claim``) when its adjusted p-value is
    below 0.001, its effect at least 0.2 and it rests on at least 30 known
    customers. The bound is stricter than the usual 0.05 because most claims
    of well-separated personas are true: at 0.05 the false ones among many
    true ones come back as one in twenty of all that is unrelated.

    Parameters
    ----------
    sums : DataFrame
        One row per persona, trait and value, the columns ``SUM_COLUMNS``;
        ``trait_value`` is null for a mean, ``parent_persona_id`` for all but
        sub-personas, whose rows count in those of their persona too. Rows of
        the persona 'unassigned'
        count in the baseline and make no claims. For a share ``sum_value`` is
        the count of customers with the value; a customer may count in part.
    floor : int
        Fewest customers a published cell may count.

    Returns
    -------
    DataFrame
        One row per claim, the columns ``CLAIM_COLUMNS``, ordered by persona
        and rank. ``difference_rank`` is 1 for the largest effect that may be
        said, null for what may not.

    Raises
    ------
    MissingColumnError
        When a column is missing.

    References
    ----------
    Benjamini & Hochberg (1995), J. R. Statist. Soc. B 57, 289-300. Wilson
    (1927), J. Am. Stat. Assoc. 22, 209-212. Cohen (1988), Statistical Power
    Analysis for the Behavioral Sciences.
    """
    missing = [name for name in SUM_COLUMNS if name not in sums]
    if missing:
        raise MissingColumnError(
            f"Column '{missing[0]}' is missing from the sums of traits; "
            "select it in int_persona_trait_sums."
        )
    cells = _with_everybody(sums[SUM_COLUMNS].reset_index(drop=True))
    cells = cells[cells["persona_id"] != UNASSIGNED]
    is_share = cells["statistic"] == "share"
    tested = pd.concat(
        [_test_shares(cells[is_share]), _test_means(cells[~is_share])],
        ignore_index=True,
    )
    if tested.empty:
        return pd.DataFrame(columns=CLAIM_COLUMNS)
    tested = tested[~_must_hide_all(tested, floor)].copy()
    tested["adjusted_p_value"] = adjusted_p_values(tested["p_value"].to_numpy())
    tested["is_claim"] = (
        (tested["adjusted_p_value"] < SIGNIFICANT)
        & (tested["effect_size"].abs() >= MATERIAL)
        & (tested["count_known"] >= FEWEST_KNOWN)
    )
    return _ranked(tested)[CLAIM_COLUMNS].reset_index(drop=True)


def slug(text: str) -> str:
    """Return a text as part of a key: letters and digits of any script."""
    kept = "".join(
        letter if letter.isalnum() else "_" for letter in text.lower()
    )
    return "_".join(word for word in kept.split("_") if word)


def _with_everybody(sums: pd.DataFrame) -> pd.DataFrame:
    """Add, per cell, the sums of those compared: the columns ``all_...``.

    Those are all customers for a persona, and those of the persona for its
    parts.
    """
    keys = ["trait", "trait_value"]
    numbers = ["count_known", "sum_value", "sum_squared"]
    cells = sums.astype(dict.fromkeys(numbers, "float64"))
    is_part = cells["parent_persona_id"].notna()
    wholes, parts = cells[~is_part], cells[is_part]
    totals = wholes.groupby(keys, dropna=False)[numbers].transform("sum")
    wholes = pd.concat([wholes, totals.add_prefix("all_")], axis=1)
    if parts.empty:
        return wholes
    families = wholes[["persona_id", *keys, *numbers]].rename(
        columns={"persona_id": "parent_persona_id"}
        | {name: f"all_{name}" for name in numbers}
    )
    parts = parts.merge(families, on=["parent_persona_id", *keys])
    return pd.concat([wholes, parts], ignore_index=True)


def _test_shares(cells: pd.DataFrame) -> pd.DataFrame:
    known, hits = _columns(cells, "count_known", "sum_value")
    all_known, all_hits = _columns(cells, "all_count_known", "all_sum_value")
    rest_known, rest_hits = all_known - known, all_hits - hits
    share, rest_share = _over(hits, known), _over(rest_hits, rest_known)
    low, high = wilson_interval(hits, known)
    tested = cells.assign(
        persona_value=share,
        baseline_value=_over(all_hits, all_known),
        effect_size=cohens_h(share, rest_share),
        interval_low=low,
        interval_high=high,
        p_value=exact_p_value(hits, known, all_hits, all_known),
    )
    return tested[(known > 0) & (rest_known > 0)]


def _test_means(cells: pd.DataFrame) -> pd.DataFrame:
    known, total, squared = _columns(
        cells, "count_known", "sum_value", "sum_squared"
    )
    all_known, all_total, all_squared = _columns(
        cells, "all_count_known", "all_sum_value", "all_sum_squared"
    )
    mean, variance = _moments(known, total, squared)
    rest_known = all_known - known
    rest_mean, rest_variance = _moments(
        rest_known, all_total - total, all_squared - squared
    )
    all_mean, all_variance = _moments(all_known, all_total, all_squared)
    spread = np.sqrt(all_variance)
    own = _over(variance, known)
    rest = _over(rest_variance, rest_known)
    error = np.sqrt(own + rest)
    freedom = _over(
        (own + rest) ** 2,
        _over(own**2, known - 1) + _over(rest**2, rest_known - 1),
    )
    p_value = 2 * stats.t.sf(
        _over(np.abs(mean - rest_mean), error), np.maximum(freedom, 1)
    )
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(known - 1, 1)) * (
        np.sqrt(own)
    )
    tested = cells.assign(
        persona_value=mean,
        baseline_value=all_mean,
        effect_size=_over(mean - rest_mean, spread),
        interval_low=mean - half,
        interval_high=mean + half,
        # Two groups without any spread that differ: certain, not undefined.
        p_value=np.where(error > 0, p_value, np.where(mean == rest_mean, 1, 0)),
    )
    varies = spread > 1e-9 * np.maximum(1, np.abs(all_mean))
    return tested[(known > 1) & (rest_known > 1) & varies]


def _must_hide_all(tested: pd.DataFrame, floor: int) -> pd.Series:
    """Say which cells are hidden, of personas and then of their parts.

    The parts of a hidden cell are hidden, or they would sum up to it.
    """
    keys = ["persona_id", "trait", "trait_value"]
    is_part = tested["parent_persona_id"].notna()
    wholes, parts = tested[~is_part], tested[is_part]
    hidden = _must_hide(wholes, floor)
    if not parts.empty:
        shown = wholes.loc[~hidden, keys].assign(is_shown=True)
        found = parts[["parent_persona_id", *keys[1:]]].merge(
            shown.rename(columns={"persona_id": "parent_persona_id"}),
            on=["parent_persona_id", *keys[1:]],
            how="left",
        )
        is_lost = pd.Series(found["is_shown"].isna().to_numpy(), parts.index)
        hidden = pd.concat([hidden, _must_hide(parts, floor, is_lost)])
    return hidden.reindex(tested.index)


def _must_hide(
    tested: pd.DataFrame, floor: int, hidden: pd.Series | None = None
) -> pd.Series:
    """Say which cells would show fewer customers than the floor.

    A hidden count must not come back as a published total less the others:
    wherever the hidden cells of a persona's trait, or of a value over the
    personas, count fewer than the floor together or are but one, the next
    smallest is hidden too. ``hidden`` are cells that are hidden anyway.
    """
    if hidden is None:
        hidden = pd.Series(False, tested.index)
    is_share = tested["statistic"] == "share"
    other = tested["count_known"] - tested["sum_value"]
    hidden = hidden | (tested["count_known"] < floor)
    hidden |= is_share & (tested["sum_value"].round() < floor)
    # A trait of one value only, such as yes: its complement is a cell too.
    hidden |= is_share & (other.round() < floor) & (other.round() > 0)
    counts = tested["sum_value"]
    lines = _lines(tested[is_share])
    is_hidden = hidden.to_dict()
    for _ in range(len(tested)):
        again = False
        for line, rest in lines:
            inside = [row for row in line if is_hidden[row]]
            outside = [row for row in line if not is_hidden[row]]
            concealed = sum(counts[row] for row in inside) + (rest or 0)
            is_alone = len(inside) == 1 and rest is None
            is_any = inside or rest is not None
            if outside and is_any and (concealed < floor or is_alone):
                is_hidden[min(outside, key=lambda row: counts[row])] = True
                again = True
        if not again:
            break
    return pd.Series(is_hidden).reindex(tested.index)


def _lines(shares: pd.DataFrame) -> list[tuple[list[int], float | None]]:
    """Return the cells that sum up to a total, with what else is in it.

    The total of a sub-persona's value is that of its persona, of whom some may
    be in no part: their count is the second, null where there are none.
    """
    lines: list[tuple[list[int], float | None]] = [
        (list(rows), None)
        for rows in shares.groupby(
            ["persona_id", "trait"], sort=True
        ).groups.values()
    ]
    for _, cells in shares.groupby(
        ["parent_persona_id", "trait", "trait_value"], sort=True, dropna=False
    ):
        rest = None
        first = cells.iloc[0]
        if pd.notna(first["parent_persona_id"]):
            known = first["all_count_known"] - cells["count_known"].sum()
            left = first["all_sum_value"] - cells["sum_value"].sum()
            rest = float(left) if known > 0 else None
        lines.append((list(cells.index), rest))
    return lines


def _ranked(tested: pd.DataFrame) -> pd.DataFrame:
    values = tested["trait_value"]
    suffix = [
        "" if pd.isna(value) else "." + slug(str(value)) for value in values
    ]
    claims = tested.assign(
        trait_id=tested["persona_id"] + "." + tested["trait"] + suffix,
        trait_value=values.astype(object).where(values.notna(), None),
        lift=_over(
            tested["persona_value"].to_numpy(),
            tested["baseline_value"].to_numpy(),
            otherwise=np.nan,
        ),
        known_share=tested["count_known"] / tested["count_customers"],
        count_known=tested["count_known"].astype("int64"),
        size=tested["effect_size"].abs().round(6),
    ).sort_values(
        ["persona_id", "is_claim", "size", "trait_id"],
        ascending=[True, False, False, True],
    )
    place = claims.groupby("persona_id").cumcount() + 1
    return claims.assign(
        difference_rank=place.astype("Int64").where(claims["is_claim"])
    )


def _moments(
    count: FloatArray, total: FloatArray, squared: FloatArray
) -> tuple[FloatArray, FloatArray]:
    mean = _over(total, count)
    variance = _over(squared - count * mean**2, count - 1)
    return mean, np.maximum(variance, 0)


def _columns(cells: pd.DataFrame, *names: str) -> list[FloatArray]:
    return [cells[name].to_numpy(dtype=np.float64) for name in names]


def _over(
    numerator: FloatArray, denominator: FloatArray, otherwise: float = 0.0
) -> FloatArray:
    safe = np.where(denominator > 0, denominator, 1)
    return np.asarray(np.where(denominator > 0, numerator / safe, otherwise))
