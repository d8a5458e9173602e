"""What a unit of money brings, learnt from campaigns with held-out customers.

A treated customer leaves a margin in the window, a held-out one too; the
difference of their means is what a touch caused. Of few customers it is mostly
noise, so cells are drawn towards each other: channels towards one return on
money, personas of a channel towards what a touch of that channel brings. How
far is learnt from the same data, with its uncertainty: the result is draws of
every cell's return, not one figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

from ml.campaign_figures import COSTED_PART
from ml.columns import FloatArray, MissingColumnError

ARM_COLUMNS = [
    "campaign_id",
    "channel",
    "persona_id",
    "arm",
    "count_customers",
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
RETURN_COLUMNS = [
    *CELL,
    "count_experiments",
    "count_treated",
    "count_held_out",
    "measured",
    "error",
    "cost",
]


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
        ``margin``, or ``net revenue`` where less than 90 % of the net amount
        has a known cost, as in campaign_lift.
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
        As `cell_returns` gives them.
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
    sold, costed = arms[["sum_net_amount", "sum_costed_net_amount"]].sum()
    basis = "margin" if costed > COSTED_PART * sold else "net revenue"
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
    """Draw the return on money of every cell, see `draw_returns`."""
    return draw_returns(
        cell_returns(experiments),
        experiments.typical,
        count_draws=count_draws,
        seed=seed,
    )


def draw_returns(
    cells: pd.DataFrame,
    typical: float,
    *,
    count_draws: int = 4_000,
    seed: int = 0,
) -> Response:
    """Draw the return on money of every cell from its posterior.

    A cell's return is what its campaigns brought over what they cost, each
    customer treated counting alike. It is modelled as mu + a_c + g_pc / x_pc
    + noise: channels return alike on money but for a_c, and personas differ
    from their channel by g_pc in what a touch brings, x_pc being its cost.
    Both are normal around zero, and the noise is known. Their spreads take
    values on a grid, weighted by half-Cauchy priors (of scale 1 for a_c, which
    is a return, and of half of ``typical`` for g_pc) and by what the data say
    of them. Half of the prior says that neither differs: then money brings
    the same everywhere and today's split is as good as any. Given the spreads
    all else is normal and exact.

    Parameters
    ----------
    cells : DataFrame
        As `cell_returns` gives them, at least one row, in that order.
    typical : float
        As in `Experiments`.
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
    rng = np.random.default_rng(seed)
    scale = max(typical, 1e-9) / 2
    spreads, log_prior = _spread_grid(scale)
    fits = [_fit(cells, *one) for one in spreads]
    log_weight = np.array([fit.log_likelihood for fit in fits]) + log_prior
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    is_equal = (spreads == 0).all(axis=1)
    chosen = rng.choice(len(fits), count_draws, p=weight)
    draws = np.empty((count_draws, len(cells)))
    for number in np.unique(chosen):
        mine = chosen == number
        fit = fits[number]
        noise = rng.standard_normal((len(fit.mean), int(mine.sum())))
        drawn = fit.mean[:, None] + linalg.solve_triangular(
            fit.factor, noise, lower=True, trans="T"
        )
        draws[mine] = (fit.design @ drawn).T
    return Response(cells, draws, float(weight[is_equal].sum()))


def cell_returns(experiments: Experiments) -> pd.DataFrame:
    """Return what every cell's campaigns brought per unit of their money.

    Returns
    -------
    DataFrame
        ``RETURN_COLUMNS``: per cell its campaigns and their customers,
        measured (amount per unit of money), error (its standard error), cost
        (of a touch).
    """
    rows = experiments.rows
    if rows.empty:
        return pd.DataFrame(columns=RETURN_COLUMNS)
    treated = rows["count_treated"]
    summed = rows.assign(
        brought=treated * rows["effect"],
        squared=treated**2 * rows["variance"],
        spent=treated * rows["cost"],
    )
    cells = (
        summed.groupby(CELL)
        .agg(
            count_experiments=("campaign_id", "nunique"),
            count_treated=("count_treated", "sum"),
            count_held_out=("count_held_out", "sum"),
            brought=("brought", "sum"),
            squared=("squared", "sum"),
            spent=("spent", "sum"),
        )
        .reset_index()
    )
    return cells.assign(
        measured=cells["brought"] / cells["spent"],
        error=np.sqrt(cells["squared"]) / cells["spent"],
        cost=cells["spent"] / cells["count_treated"],
    ).drop(columns=["brought", "squared", "spent"])


@dataclass(frozen=True)
class _Fit:
    log_likelihood: float
    design: FloatArray
    mean: FloatArray
    factor: FloatArray


def _spread_grid(scale: float) -> tuple[FloatArray, FloatArray]:
    """Return spreads (of channels, of personas) and their log prior.

    First both zero, then every pair of steps by the root of two,
    weighted by the half-Cauchy mass around each.
    """
    steps = 2.0 ** np.arange(-4, 4.5, 0.5)
    edges = np.concatenate([[0.0], np.sqrt(steps[:-1] * steps[1:]), [np.inf]])
    mass = np.diff(2 / np.pi * np.arctan(edges))
    pairs = np.stack(np.meshgrid(steps, steps * scale), axis=-1).reshape(-1, 2)
    odds = np.outer(mass, mass).ravel()
    return (
        np.concatenate([[[0.0, 0.0]], pairs]),
        np.log(np.concatenate([[EQUAL], (1 - EQUAL) * odds])),
    )


def _fit(cells: pd.DataFrame, of_channels: float, of_personas: float) -> _Fit:
    """Return what a normal model says, given both spreads.

    With spreads of zero there is but mu, which has nearly no prior.
    """
    measured, error, cost = (
        cells[name].to_numpy(dtype=np.float64)
        for name in ("measured", "error", "cost")
    )
    parts = [np.ones((len(cells), 1))]
    prior = [1e-4]
    if of_channels > 0 and of_personas > 0:
        names = cells["channel"].to_numpy(dtype=str)
        parts.append((names[:, None] == np.unique(names)).astype(np.float64))
        prior += [of_channels**-2] * parts[-1].shape[1]
        parts.append(np.diag(1 / cost))
        prior += [of_personas**-2] * len(cells)
    design = np.hstack(parts)
    weighted = design / error[:, None] ** 2
    precision = design.T @ weighted + np.diag(prior)
    factor = linalg.cholesky(precision, lower=True)
    pull = weighted.T @ measured
    mean = linalg.cho_solve((factor, True), pull)
    log_likelihood = 0.5 * (
        np.log(prior).sum()
        - 2 * np.log(np.diag(factor)).sum()
        - 2 * np.log(error).sum()
        - ((measured / error) ** 2).sum()
        + pull @ mean
    )
    return _Fit(float(log_likelihood), design, mean, factor)
