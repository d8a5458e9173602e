"""Cohorts: who is still there, and what they have brought so far.

SQL counts customers by the time of their first purchase and their age since;
here a share that comes back gets its interval, and what counts too few people
is left out. A curve ends where it would show a few: its running sums would
give back what a gap hides.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.affinity_columns import read_counts
from ml.disclosure import Line, hide_cells
from ml.evidence import FLOOR
from ml.shares import wilson_interval

COHORT_KEY = ["persona_basis", "persona_id", "cohort_start"]
SUMS = ["count_customers", "active_customers", "count_orders", "net_amount"]
COHORT_COUNTS = [
    *COHORT_KEY,
    "is_told",
    "cohort_months",
    "age_months",
    "months_since",
    "is_complete",
    "count_first_months",
    *SUMS,
]
COHORT_COLUMNS = [
    *COHORT_KEY,
    "cohort_months",
    "age_months",
    "months_since",
    "is_whole",
    "count_customers",
    "active_customers",
    "retained_share",
    "retained_low",
    "retained_high",
    "count_orders",
    "net_amount",
    "cumulative_net_amount",
    "cumulative_net_amount_per_customer",
]


def judge_cohorts(counts: pd.DataFrame, *, floor: int = FLOOR) -> pd.DataFrame:
    """Return the cohorts that may be published, age by age.

    Parameters
    ----------
    counts : DataFrame
        The rows of ``int_persona_cohorts``: per basis, persona, cohort and
        age, one for the customers of months whose new customers are shown
        elsewhere (``is_told``) and one for those of the others.
    floor : int
        Fewest people a shown cell counts.

    Returns
    -------
    DataFrame
        The columns ``COHORT_COLUMNS``, only ages that all customers of the
        cohort have lived through, each curve up to the first age at which
        fewer than ``floor`` customers were active, or not active. Customers
        of months that are not told are left out where their number could be
        worked out and is small; ``is_whole`` says whether nobody was.

    Raises
    ------
    MissingColumnError
        When a column is missing.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
    """
    told = read_counts(counts, COHORT_COUNTS)
    is_complete = told["is_complete"].astype(bool)
    told = told.assign(is_out=_left_out(told, floor))
    cells = (
        told[is_complete & ~told["is_out"]]
        .groupby(
            [*COHORT_KEY, "cohort_months", "age_months", "months_since"],
            as_index=False,
        )[SUMS]
        .sum()
        .sort_values([*COHORT_KEY, "months_since"], ignore_index=True)
    )
    if cells.empty:
        return pd.DataFrame(columns=COHORT_COLUMNS)
    customers = cells["count_customers"].to_numpy(dtype=np.float64)
    active = cells["active_customers"].to_numpy(dtype=np.float64)
    idle = customers - active
    hidden = hide_cells(
        active,
        _lines(cells),
        floor=floor,
        is_small=(idle > 0) & (idle < floor),
        chains=[
            list(rows) for rows in cells.groupby(COHORT_KEY).groups.values()
        ],
    )
    shown = cells[~hidden]
    low, high = wilson_interval(active[~hidden], customers[~hidden])
    total = shown.groupby(COHORT_KEY)["net_amount"].cumsum().round(4)
    part = told[told["is_out"]].set_index(COHORT_KEY).index
    shown = shown.assign(
        is_whole=~shown.set_index(COHORT_KEY).index.isin(part),
        retained_share=shown["active_customers"] / shown["count_customers"],
        retained_low=low,
        retained_high=high,
        cumulative_net_amount=total,
        cumulative_net_amount_per_customer=total / shown["count_customers"],
    )
    return shown[COHORT_COLUMNS].reset_index(drop=True)


def _left_out(told: pd.DataFrame, floor: int) -> pd.Series:
    """Say which customers of months that are not told are left out.

    A cohort less the months that are told is the sum of the others; where
    that is one month or a few people, they are in no cohort. Neither may the
    total of the persona, or of the cohort over personas, give them back.
    """
    first = told[(told["months_since"] == 0) & ~told["is_told"].astype(bool)]
    first = first.reset_index(drop=True)
    is_small = (first["count_first_months"] == 1) | ~first[
        "is_complete"
    ].astype(bool)
    keys = [["persona_basis", "persona_id"], ["persona_basis", "cohort_start"]]
    out = hide_cells(
        first["count_customers"].to_numpy(dtype=np.float64),
        [
            Line(tuple(rows))
            for key in keys
            for rows in first.groupby(key).groups.values()
        ],
        floor=floor,
        is_small=is_small.to_numpy(dtype=bool),
    )
    cohorts = first[out].set_index(COHORT_KEY).index
    is_in = told.set_index(COHORT_KEY).index.isin(cohorts)
    return pd.Series(is_in & ~told["is_told"].to_numpy(dtype=bool), told.index)


def _lines(cells: pd.DataFrame) -> list[Line]:
    """Return what sums up to totals that are told elsewhere.

    The customers of a persona over its cohorts, and those of a cohort over
    personas; where a cohort is a month, also who was active in a month.
    """
    first = cells[cells["months_since"] == 0]
    keys = [["persona_basis", "persona_id"], ["persona_basis", "cohort_start"]]
    lines = [
        Line(tuple(rows))
        for key in keys
        for rows in first.groupby(key).groups.values()
    ]
    if (cells["cohort_months"] == 1).all():
        start = pd.to_datetime(cells["cohort_start"])
        month = start.dt.year * 12 + start.dt.month + cells["months_since"]
        groups = cells.groupby(["persona_basis", "persona_id", month]).groups
        lines += [Line(tuple(rows)) for rows in groups.values()]
    return lines
