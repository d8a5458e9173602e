"""What a unit of money brings, learnt from campaigns with held-out customers.

A treated customer leaves a margin in the window, a held-out one too; the
difference of their means is what a touch caused. Of few customers it is mostly
noise, so cells are drawn towards each other: channels towards one return on
money, personas of a channel towards what a touch of that channel brings, and
campaigns towards their channel. How far is learnt from the same data, with its
uncertainty: the result is draws of every cell's return, not one figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from ml.columns import FloatArray, MissingColumnError

IntArray = NDArray[np.int64]

ARM_COLUMNS = [
    "campaign_id",
    "channel",
    "persona_id",
    "arm",
    "count_customers",
    "count_orders",
    "sum_net_amount",
    "sum_squared_net_amount",
    "sum_costed_net_amount",
    "sum_margin_amount",
    "sum_squared_margin_amount",
    "spend_amount",
    "is_window_complete",
]
FEWEST = 2  # customers per arm without which there is no difference
BORROWED = 20.0  # customers the company's spread counts for in a persona's
EQUAL = 0.5  # prior probability that money brings the same everywhere
CELL = ["persona_id", "channel"]


@dataclass(frozen=True)
class Experiments:
    """Differences between treated and held-out customers.

    Attributes
    ----------
    rows : DataFrame
        One per campaign and persona with customers in both arms: campaign_id,
        channel, persona_id, count_treated, count_held_out, effect (of a touch
        on the amount per customer), variance (of the effect), cost (money per
        customer treated in the campaign).
    basis : str
        ``margin``, or ``net revenue`` where no unit cost is known.
    typical : float
        Amount per held-out customer in the window: the yardstick of effects.
    """

    rows: pd.DataFrame
    basis: str
    typical: float


@dataclass(frozen=True)
class Response:
    """Posterior draws of the return on money.

    Attributes
    ----------
    cells : DataFrame
        persona_id, channel, count_experiments, count_treated, count_held_out.
    draws : ndarray, shape (draws, cells)
        Incremental amount per unit of money at today's amounts.
    probability_equal : float
        That money brings the same in every cell.
    """

    cells: pd.DataFrame
    draws: FloatArray
    probability_equal: float


def read_experiments(arms: pd.DataFrame) -> Experiments:
    """Return what each campaign did to each persona, per touch.

    Only campaigns with customers held out and every window complete count.
    The variance of amounts within arms is that of the persona over all
    campaigns, drawn towards that of the company where few were looked at:
    with five customers of whom none bought, the own variance would be zero.

    Parameters
    ----------
    arms : DataFrame
        As ``int_campaign_arms``: one row per campaign, persona and arm, the
        columns ``ARM_COLUMNS``; sums of squares are per customer.

    Raises
    ------
    MissingColumnError
        When a column is missing.
    """
    missing = [name for name in ARM_COLUMNS if name not in arms]
    if missing:
        raise MissingColumnError(
            f"Column '{missing[0]}' is missing from the arms of campaigns; "
            "select it in int_campaign_arms."
        )
    numbers = [
        name
        for name in ARM_COLUMNS
        if name.startswith(("count_", "sum_", "spend_"))
    ]
    arms = arms[ARM_COLUMNS].astype(dict.fromkeys(numbers, "float64"))
    is_whole = arms.groupby("campaign_id")["is_window_complete"].transform(
        "all"
    )
    has_both = arms.groupby("campaign_id")["arm"].transform("nunique") == 2
    arms = arms[is_whole.astype(bool) & has_both]
    costed = arms["sum_costed_net_amount"].sum()
    basis = "margin" if costed > 0 else "net revenue"
    amounts = _amounts(arms, basis)
    spend = arms.groupby("campaign_id")["spend_amount"].sum()
    treated = amounts[amounts["arm"] == "treated"]
    cost = spend / treated.groupby("campaign_id")["n"].sum()
    keys = ["campaign_id", "channel", "persona_id"]
    paired = treated.merge(
        amounts[amounts["arm"] == "held_out"],
        on=keys,
        suffixes=("", "_held_out"),
    )
    paired = paired[
        (paired["n"] >= FEWEST)
        & (paired["n_held_out"] >= FEWEST)
        & (paired["campaign_id"].map(cost) > 0)
    ]
    spread = _spread(amounts)
    rows = paired[keys].assign(
        count_treated=paired["n"],
        count_held_out=paired["n_held_out"],
        effect=paired["mean"] - paired["mean_held_out"],
        variance=paired["persona_id"].map(spread).to_numpy()
        * (1 / paired["n"] + 1 / paired["n_held_out"]),
        cost=paired["campaign_id"].map(cost),
    )
    is_control = amounts["arm"] == "held_out"
    controls = amounts[is_control]
    typical = (controls["mean"] * controls["n"]).sum() / max(
        controls["n"].sum(), 1
    )
    rows = rows[rows["variance"] > 0].sort_values(keys)
    return Experiments(rows.reset_index(drop=True), basis, float(typical))


def _amounts(arms: pd.DataFrame, basis: str) -> pd.DataFrame:
    """Return customers, mean and spread of the amount per arm.

    Of the part of the net amount without a known cost the same margin is
    taken as of the rest.
    """
    n = arms["count_customers"]
    if basis == "margin":
        whole = arms["sum_net_amount"].sum()
        scale = whole / arms["sum_costed_net_amount"].sum()
        total = arms["sum_margin_amount"] * scale
        squared = arms["sum_squared_margin_amount"] * scale**2
    else:
        total = arms["sum_net_amount"]
        squared = arms["sum_squared_net_amount"]
    mean = total / n.where(n > 0)
    return arms[["campaign_id", "channel", "persona_id", "arm"]].assign(
        n=n,
        mean=mean.fillna(0),
        squares=(squared - n * mean.fillna(0) ** 2).clip(lower=0),
    )


def _spread(amounts: pd.DataFrame) -> pd.Series:
    """Return the variance within arms per persona, drawn to the company's."""
    sums = (
        amounts.assign(freedom=(amounts["n"] - 1).clip(lower=0))
        .groupby("persona_id")[["squares", "freedom"]]
        .sum()
    )
    whole = sums["squares"].sum() / max(sums["freedom"].sum(), 1)
    return (sums["squares"] + BORROWED * whole) / (sums["freedom"] + BORROWED)


def estimate_response(
    experiments: Experiments, *, count_draws: int = 4_000, seed: int = 0
) -> Response:
    """Draw the return on money of every cell from its posterior.

    The effect of a touch of campaign k on persona p, in channel c, at cost
    x_k, is modelled as x_k (mu + a_c) + b_k + g_pc + d_kp + noise: channels
    return alike on money but for a_c, a campaign differs from its channel by
    b_k, a persona by g_pc, both by d_kp. All are normal around zero, and the
    noise is known. The spreads of the four take values on a grid, weighted by
    a half-Cauchy prior (of scale 1 for a_c, which is a return, and of half of
    ``typical`` for the others) and by what the data say of them. Half of the
    prior says that a_c and g_pc do not differ at all: then money brings the
    same everywhere and today's split is as good as any. Given the spreads all
    else is normal and exact. The return of a cell is mu + a_c + g_pc / x_c:
    that of campaigns to come, hence without b_k and d_kp.

    Parameters
    ----------
    experiments : Experiments
        At least one row.
    count_draws : int
        Draws to return.
    seed : int
        Seed of all randomness.

    Returns
    -------
    Response

    References
    ----------
    Efron & Morris (1975), J. Am. Stat. Assoc. 70, 311-319 (shrinkage). Gelman
    (2006), Bayesian Analysis 1, 515-534 (priors of spreads). Kass & Raftery
    (1995), J. Am. Stat. Assoc. 90, 773-795 (the hypothesis of no difference).
    """
    rows = experiments.rows
    rng = np.random.default_rng(seed)
    layout = _layout(rows)
    scale = max(experiments.typical, 1e-9) / 2
    spreads, log_prior = _spread_grid(scale)
    effect = rows["effect"].to_numpy(dtype=np.float64)
    noise = rows["variance"].to_numpy(dtype=np.float64)
    fits = [
        _fit(layout, effect, noise + one[3] ** 2, _prior(layout.sizes, one))
        for one in spreads
    ]
    log_weight = np.array([fit.log_likelihood for fit in fits]) + log_prior
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    is_equal = (spreads[:, 0] == 0) & (spreads[:, 2] == 0)
    chosen = rng.choice(len(fits), count_draws, p=weight)
    drawn = rng.standard_normal((count_draws, layout.design.shape[1]))
    for number in np.unique(chosen):
        mine = chosen == number
        drawn[mine] = (
            fits[number].mean
            + linalg.solve_triangular(
                fits[number].factor, drawn[mine].T, lower=True, trans="T"
            ).T
        )
    first_channel, first_cell = 1, 1 + layout.sizes[1] + layout.sizes[2]
    own = layout.channel_of_cell
    draws = (
        drawn[:, :1]
        + drawn[:, first_channel + own]
        + drawn[:, first_cell:] / layout.channel_cost[own]
    )
    return Response(layout.cells, draws, float(weight[is_equal].sum()))


@dataclass(frozen=True)
class _Layout:
    """Which coefficient belongs to what: mu, channels, campaigns, cells."""

    design: FloatArray
    sizes: tuple[int, int, int, int]
    cells: pd.DataFrame
    channel_of_cell: IntArray
    channel_cost: FloatArray


@dataclass(frozen=True)
class _Fit:
    log_likelihood: float
    mean: FloatArray
    factor: FloatArray


def _layout(rows: pd.DataFrame) -> _Layout:
    channels, channel = np.unique(
        rows["channel"].to_numpy(dtype=str), return_inverse=True
    )
    campaigns, campaign = np.unique(
        rows["campaign_id"].to_numpy(dtype=str), return_inverse=True
    )
    cells = (
        rows.groupby(CELL)
        .agg(
            count_experiments=("campaign_id", "nunique"),
            count_treated=("count_treated", "sum"),
            count_held_out=("count_held_out", "sum"),
        )
        .reset_index()
    )
    place = pd.MultiIndex.from_frame(cells[CELL])
    cell = place.get_indexer(pd.MultiIndex.from_frame(rows[CELL]))
    cost = rows["cost"].to_numpy(dtype=np.float64)
    treated = rows["count_treated"].to_numpy(dtype=np.float64)
    sizes = (1, len(channels), len(campaigns), len(cells))
    ends = np.cumsum(sizes)
    each = np.arange(len(rows))
    design = np.zeros((len(rows), int(ends[-1])))
    design[:, 0] = cost
    design[each, ends[0] + channel] = cost
    design[each, ends[1] + campaign] = 1
    design[each, ends[2] + cell] = 1
    return _Layout(
        design=design,
        sizes=sizes,
        cells=cells,
        channel_of_cell=np.searchsorted(
            channels, cells["channel"].to_numpy(dtype=str)
        ),
        channel_cost=np.bincount(channel, cost * treated)
        / np.bincount(channel, treated),
    )


def _spread_grid(scale: float) -> tuple[FloatArray, FloatArray]:
    """Return spreads (channel, campaign, cell, both) and their log prior.

    Steps of two, weighted by the half-Cauchy mass around each. Campaigns may
    differ or not with even odds, and so may channels and personas together;
    if they do, it is one, the other or both.
    """
    steps = 2.0 ** np.arange(-3, 4)
    edges = np.concatenate([[0.0], np.sqrt(steps[:-1] * steps[1:]), [np.inf]])
    values = np.concatenate([[0.0], steps])
    mass = np.concatenate([[1.0], np.diff(2 / np.pi * np.arctan(edges))])
    even = mass / 2
    place = np.indices((len(values),) * 4).reshape(4, -1)
    is_equal = (place[0] == 0) & (place[2] == 0)
    prior = (
        np.where(is_equal, EQUAL, (1 - EQUAL) / 3)
        * mass[place[0]]
        * mass[place[2]]
        * even[place[1]]
        * even[place[3]]
    )
    spreads = values[place].T * np.array([1.0, scale, scale, scale])
    return spreads, np.log(prior)


def _prior(sizes: tuple[int, ...], spreads: FloatArray) -> FloatArray:
    """Return the prior precision of every coefficient; mu has nearly none."""
    tight = 1 / np.maximum(spreads[:3], 1e-6) ** 2
    return np.repeat(np.concatenate([[1e-4], tight]), sizes)


def _fit(
    layout: _Layout,
    effect: FloatArray,
    variance: FloatArray,
    prior: FloatArray,
) -> _Fit:
    """Return what a normal model says, given all its spreads."""
    weighted = layout.design / variance[:, None]
    precision = layout.design.T @ weighted
    precision[np.diag_indices_from(precision)] += prior
    factor = linalg.cholesky(precision, lower=True, check_finite=False)
    pull = weighted.T @ effect
    mean = linalg.cho_solve((factor, True), pull, check_finite=False)
    log_likelihood = 0.5 * (
        np.log(prior).sum()
        - 2 * np.log(np.diag(factor)).sum()
        - np.log(variance).sum()
        - (effect**2 / variance).sum()
        + pull @ mean
    )
    return _Fit(float(log_likelihood), mean, factor)
