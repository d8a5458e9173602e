"""Times the value models: count, fit, apply; and lifetimes beside them.

``python -m tests.bench_value --customers 1000000 --sample 100000`` draws
customers as BG/NBD and Gamma-Gamma have them, counts them as the warehouse
does, fits both models, and applies them to every customer in DuckDB. lifetimes
fits and predicts the sample, and so do we, in the same run.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pandas as pd

from ml.value import ValueModel, value_factors
from ml.value_models import fit_bg_nbd, fit_gamma_gamma

COUNT = """
select
    frequency, avg(recency_days) as recency_days,
    avg(tenure_days) as tenure_days, count(*) as count_customers,
    coalesce(sum(mean_spend), 0) as sum_mean_spend
from (
    select *, floor(recency_days / {days}) as recency_cell,
        floor(tenure_days / {days}) as tenure_cell
    from customers
)
group by frequency, recency_cell, tenure_cell order by all
"""
COUNT_SPEND = """
select
    frequency, avg(mean_spend) as mean_spend,
    avg(ln(mean_spend)) as mean_log_spend, count(*) as count_customers
from customers where frequency > 0
group by frequency, round(ln(mean_spend), 2) order by all
"""
APPLY = """
create or replace table valued as
select
    customer_id,
    1 / (1 + case when frequency > 0 then exp(
        ln($a) - ln(greatest($b + frequency - 1, 1e-300))
        + ($r + frequency)
        * (ln($alpha + tenure_days) - ln($alpha + recency_days))
    ) else 0 end) as p_alive,
    factor_12m * p_alive as expected_orders,
    expected_orders * $p * ($v + frequency * coalesce(mean_spend, 0))
    / ($p * frequency + $q - 1) as expected_amount
from customers inner join factors using (frequency, tenure_days)
"""


def draw(count: int, seed: int) -> pd.DataFrame:
    """Draw customers over three years, in days."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.2, 1 / 150.0, count)
    lost = rng.beta(1.0, 9.0, count)
    tenure = rng.integers(1, 1095, count).astype(float)
    frequency, recency = np.zeros(count), np.zeros(count)
    now, alive = np.zeros(count), np.ones(count, dtype=bool)
    while alive.any():
        now += rng.exponential(1 / rate)
        alive &= now <= tenure
        frequency[alive] += 1
        recency[alive] = np.floor(now[alive])
        alive &= rng.random(count) >= lost
    each = rng.gamma(4.0, 1 / 60.0, count)
    times = np.maximum(frequency, 1)
    mean = np.maximum(rng.gamma(3.0 * times, 1 / (each * times)), 0.01)
    return pd.DataFrame(
        {
            "customer_id": np.arange(count),
            "frequency": frequency.astype(np.int64),
            "recency_days": recency.astype(np.int64),
            "tenure_days": tenure.astype(np.int64),
            "mean_spend": np.where(frequency > 0, mean, np.nan),
        }
    )


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Add what the block takes."""
    started = time.monotonic()
    yield
    seconds[name] = time.monotonic() - started


def ours(customers: pd.DataFrame) -> dict[str, float]:
    """Count, fit and apply; return the seconds of each."""
    seconds: dict[str, float] = {}
    days = 7 if len(customers) > 200_000 else 1
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.execute(
            "create table customers as select * replace (case when frequency "
            "> 0 then mean_spend end as mean_spend) from customers"
        )
        with timed(seconds, "count"):
            counts = connection.execute(COUNT.format(days=days)).df()
            spend = connection.execute(COUNT_SPEND).df()
            pairs = connection.execute(
                "select distinct frequency, tenure_days from customers "
                "order by all"
            ).df()
        with timed(seconds, "fit"):
            model = ValueModel(
                fit_bg_nbd(
                    counts["frequency"],
                    counts["recency_days"],
                    counts["tenure_days"],
                    counts=counts["count_customers"],
                ),
                fit_gamma_gamma(
                    spend["frequency"],
                    spend["mean_spend"],
                    counts=spend["count_customers"],
                    mean_log_spend=spend["mean_log_spend"],
                ),
            )
        with timed(seconds, "apply"):
            factors = value_factors(
                model.purchases, pairs, discount_rate_per_year=0.1
            )
            connection.register("factors", factors)
            names = ("r", "alpha", "a", "b")
            parameters = {n: float(getattr(model.purchases, n)) for n in names}
            parameters |= {
                n: float(getattr(model.spend, n)) for n in ("p", "q", "v")
            }
            connection.execute(APPLY, parameters)
    print(
        f"{len(customers):,} customers: {len(counts):,} rows for BG/NBD, "
        f"{len(spend):,} for Gamma-Gamma, {len(pairs):,} factors"
    )
    print("  " + ", ".join(f"{k} {v:.2f} s" for k, v in seconds.items()))
    return seconds


def theirs(customers: pd.DataFrame) -> float:
    """Fit and predict with lifetimes; return the seconds."""
    import lifetimes

    warnings.simplefilter("ignore")
    x, recent = customers["frequency"], customers["recency_days"]
    whole = customers["tenure_days"]
    seconds: dict[str, float] = {}
    with timed(seconds, "all"):
        bought = lifetimes.BetaGeoFitter()
        bought.fit(x, recent, whole)
        bought.conditional_probability_alive(x, recent, whole)
        expected = bought.conditional_expected_number_of_purchases_up_to_time(
            365, x, recent, whole
        )
        back = customers[x > 0]
        spend = lifetimes.GammaGammaFitter()
        spend.fit(back["frequency"], back["mean_spend"])
        expected * spend.conditional_expected_average_profit(
            x, customers["mean_spend"].fillna(0)
        )
    return seconds["all"]


def main() -> None:
    """Draw, time, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=100_000)
    chosen = parser.parse_args()
    customers = draw(chosen.customers, 1)
    total = sum(ours(customers).values())
    print(f"  all {total:.1f} s")
    sample = customers.head(chosen.sample)
    own = sum(ours(sample).values())
    other = theirs(sample)
    print(
        f"lifetimes, {len(sample):,} customers: {other:.1f} s, "
        f"{other / own:.1f} times ours ({own:.2f} s)"
    )


if __name__ == "__main__":
    main()
