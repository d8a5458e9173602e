"""BG/NBD and Gamma-Gamma against published figures and against lifetimes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.value_models import (
    BgNbd,
    GammaGamma,
    NotEnoughDataError,
    bg_nbd_scores,
    fit_bg_nbd,
    fit_gamma_gamma,
    gamma_gamma_scores,
)

# Fader, Hardie & Lee 2005, table 2; Fader & Hardie 2013, section 4.
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
PUBLISHED_LIKELIHOOD = -9582.4
PUBLISHED_SPEND = {"p": 6.25, "q": 3.74, "v": 15.45}
LAST_WEEK = 78


def datasets() -> Path:
    package = importlib.util.find_spec("lifetimes")
    if package is None or package.submodule_search_locations is None:
        pytest.skip("the package lifetimes, which holds CDNOW, is missing")
    return Path(package.submodule_search_locations[0]) / "datasets"


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """Return frequency, recency and T in weeks, of 39 weeks."""
    path = datasets() / "cdnow_customers_summary_with_transactions.csv"
    frame = pd.read_csv(path, index_col=0)
    return frame.rename(
        columns={"x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
    )


@pytest.fixture(scope="module")
def bg_nbd(cdnow: pd.DataFrame) -> BgNbd:
    return fit_bg_nbd(cdnow["frequency"], cdnow["recency"], cdnow["T"])


def test_cdnow_gives_the_published_parameters(bg_nbd: BgNbd):
    for name, wanted in PUBLISHED.items():
        assert round(getattr(bg_nbd, name), 3) == wanted
    assert round(bg_nbd.log_likelihood, 1) == PUBLISHED_LIKELIHOOD


def test_cdnow_gives_the_published_parameters_of_spend(cdnow: pd.DataFrame):
    repeaters = cdnow[cdnow["frequency"] > 0]
    assert len(repeaters) == 946
    found = fit_gamma_gamma(repeaters["frequency"], repeaters["monetary_value"])
    for name, wanted in PUBLISHED_SPEND.items():
        assert abs(getattr(found, name) - wanted) < 0.005 + 1e-9, name


def test_predictions_for_weeks_40_to_78_are_near_what_was_bought(
    cdnow: pd.DataFrame, bg_nbd: BgNbd
):
    """All repeat purchases until a week, learnt from the first 39 weeks."""
    lines = pd.read_csv(
        datasets() / "CDNOW_sample.txt",
        sep=r"\s+",
        header=None,
        names=["master", "customer", "day", "quantity", "amount"],
    )
    day = pd.to_datetime(lines["day"].astype(str))
    days = lines.assign(day=day).drop_duplicates(["customer", "day"])
    first = days.groupby("customer")["day"].min()
    repeats = days[days["day"] > days["customer"].map(first)]
    assert len(first) == len(cdnow) == 2357
    for week in range(40, LAST_WEEK + 1):
        end = pd.Timestamp("1997-01-01") + pd.Timedelta(weeks=week)
        known = ((end - first).dt.days / 7).value_counts()
        predicted = sum(
            count * bg_nbd.expected_purchases(0, 0, 0, horizon=weeks)[0]
            for weeks, count in known.items()
        )
        actual = (repeats["day"] < end).sum()
        assert abs(predicted / actual - 1) < 0.05, week


def test_lifetimes_says_the_same_of_every_customer(
    cdnow: pd.DataFrame, bg_nbd: BgNbd
):
    lifetimes = pytest.importorskip("lifetimes")
    theirs = lifetimes.BetaGeoFitter()
    theirs.params_ = pd.Series(
        bg_nbd.parameters, index=["r", "alpha", "a", "b"]
    )
    keys = [cdnow["frequency"], cdnow["recency"], cdnow["T"]]
    np.testing.assert_allclose(
        bg_nbd.p_alive(*keys),
        theirs.conditional_probability_alive(*keys),
        atol=1e-6,
    )
    for horizon in (4, 39, 200):
        np.testing.assert_allclose(
            bg_nbd.expected_purchases(*keys, horizon=horizon),
            theirs.conditional_expected_number_of_purchases_up_to_time(
                horizon, *keys
            ),
            rtol=1e-6,
        )


def test_lifetimes_expects_the_same_spend(cdnow: pd.DataFrame):
    lifetimes = pytest.importorskip("lifetimes")
    ours = GammaGamma(6.25, 3.74, 15.45, np.nan)
    theirs = lifetimes.GammaGammaFitter()
    theirs.params_ = pd.Series(ours.parameters, index=["p", "q", "v"])
    np.testing.assert_allclose(
        ours.expected_spend(cdnow["frequency"], cdnow["monetary_value"]),
        theirs.conditional_expected_average_profit(
            cdnow["frequency"], cdnow["monetary_value"]
        ),
        rtol=1e-9,
    )


def simulated(
    rng: np.random.Generator, count: int, *, unit: float = 1.0
) -> tuple[pd.DataFrame, BgNbd]:
    """Draw customers as the model has them; time in `unit` weeks."""
    truth = BgNbd(0.8, 10.0 * unit, 1.2, 4.0, np.nan)
    rate = rng.gamma(truth.r, 1 / truth.alpha, count)
    lost = rng.beta(truth.a, truth.b, count)
    tenure = rng.uniform(20, 120, count) * unit
    frequency, recency = np.zeros(count), np.zeros(count)
    now, alive = np.zeros(count), np.ones(count, dtype=bool)
    while alive.any():
        now = now + rng.exponential(1 / rate)
        alive &= now <= tenure
        frequency[alive] += 1
        recency[alive] = now[alive]
        alive &= rng.random(count) >= lost
    return pd.DataFrame(
        {"frequency": frequency, "recency": recency, "tenure": tenure}
    ), truth


@pytest.mark.parametrize("unit", [1.0, 7.0, 0.001])
def test_planted_parameters_are_found_in_any_unit_of_time(unit: float):
    drawn, truth = simulated(np.random.default_rng(3), 20_000, unit=unit)
    found = fit_bg_nbd(drawn["frequency"], drawn["recency"], drawn["tenure"])
    np.testing.assert_allclose(found.parameters, truth.parameters, rtol=0.15)


@pytest.mark.parametrize("unit", [1.0, 25_000.0])
def test_planted_spend_is_found_in_any_currency(unit: float):
    rng = np.random.default_rng(4)
    p, q, v = 4.0, 5.0, 30.0 * unit
    each = rng.gamma(q, 1 / v, 20_000)
    frequency = rng.integers(1, 9, 20_000)
    mean = rng.gamma(p * frequency, 1 / (each * frequency))
    found = fit_gamma_gamma(frequency, mean)
    np.testing.assert_allclose(found.parameters, [p, q, v], rtol=0.1)


def test_counted_rows_are_as_good_as_customers():
    drawn, _ = simulated(np.random.default_rng(5), 4_000)
    whole = drawn.round()
    whole["tenure"] = np.maximum(whole["tenure"], whole["recency"])
    rows = whole.value_counts().rename("counts").reset_index()
    assert len(rows) < len(whole)
    one = fit_bg_nbd(whole["frequency"], whole["recency"], whole["tenure"])
    other = fit_bg_nbd(
        rows["frequency"],
        rows["recency"],
        rows["tenure"],
        counts=rows["counts"],
    )
    np.testing.assert_allclose(one.parameters, other.parameters, rtol=1e-4)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9)


def test_scores_are_slopes_of_the_likelihood(cdnow: pd.DataFrame):
    some = cdnow[cdnow["frequency"] < 6].head(300)
    at = BgNbd(0.4, 6.0, 0.9, 2.0, np.nan)
    keys = (some["frequency"], some["recency"], some["T"])
    scores = bg_nbd_scores(at, *keys).sum(axis=0)
    # At the optimum of the likelihood the slopes are 0; here by differences.
    for place, name in enumerate(("r", "alpha", "a", "b")):
        step = 1e-5
        sides = []
        for sign in (1, -1):
            moved = {**vars(at), name: getattr(at, name) + sign * step}
            sides.append(likelihood(BgNbd(**moved), *keys))
        assert scores[place] == pytest.approx(
            (sides[0] - sides[1]) / (2 * step), rel=1e-5, abs=1e-4
        )


def likelihood(model: BgNbd, x, recent, whole) -> float:  # type: ignore[no-untyped-def]
    """Equation 3 of the paper, written down anew."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = model.parameters
    one = betaln(a, b + x) - betaln(a, b) + gammaln(r + x) - gammaln(r)
    one = one + r * np.log(alpha) - (r + x) * np.log(alpha + whole)
    two = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b)
    two = two + gammaln(r + x) - gammaln(r)
    two = two + r * np.log(alpha) - (r + x) * np.log(alpha + recent)
    both = np.logaddexp(one, np.where(x > 0, two, -np.inf))
    return float(np.sum(both))


def test_scores_of_spend_vanish_at_the_optimum(cdnow: pd.DataFrame):
    some = cdnow[cdnow["frequency"] > 0]
    fitted = fit_gamma_gamma(some["frequency"], some["monetary_value"])
    scores = gamma_gamma_scores(
        fitted,
        some["frequency"],
        some["monetary_value"],
        np.log(some["monetary_value"]),
    )
    assert np.abs(scores.sum(axis=0) * fitted.parameters).max() < 0.5


def test_frequent_buyers_do_not_overflow(bg_nbd: BgNbd):
    found = bg_nbd.expected_purchases(
        [5_000.0, 300.0], [156.0, 156.0], [156.0, 156.0], horizon=52.0
    )
    assert np.isfinite(found).all()
    assert 1_400 < found[0] < 1_700
    longer = bg_nbd.expected_purchases([300.0], [156.0], [156.0], horizon=104.0)
    assert found[1] < longer[0]


def test_too_few_repeaters_are_not_fitted():
    with pytest.raises(NotEnoughDataError, match="0 customers bought again"):
        fit_bg_nbd(np.zeros(500), np.zeros(500), np.ones(500))
    with pytest.raises(NotEnoughDataError, match="3 customers"):
        fit_gamma_gamma([1.0, 2.0, 1.0], [10.0, 20.0, 5.0])


@pytest.mark.parametrize(
    ("frequency", "recency", "tenure", "named"),
    [
        (-1.0, 0.0, 5.0, "frequency"),
        (1.0, 9.0, 5.0, "recency is greater than tenure"),
        (1.0, np.nan, 5.0, "recency"),
        (0.0, 2.0, 5.0, "recency must be 0"),
    ],
)
def test_impossible_rows_are_refused_by_name(
    frequency: float, recency: float, tenure: float, named: str
):
    good = np.ones(60)
    with pytest.raises(ValueError, match=named):
        fit_bg_nbd(
            np.append(good, frequency),
            np.append(good, recency),
            np.append(2 * good, tenure),
        )
