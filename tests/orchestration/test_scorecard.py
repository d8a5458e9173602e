"""The scorecard equals a recomputation, and what is published hides the few."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from homes import SAMPLE, Home, deliver_company, make_home
from scorecard import Scorecard

from ml.synthetic import generate

BASES = ("month", "today")
TABLES = {
    "month": "persona_kpis_monthly",
    "today": "persona_kpis_monthly_today",
}
EXACT = 1e-9
# numerator, denominator
RATES = {
    "repeat_share": ("repeat_customers", "active_customers"),
    "retained_share": ("retained_customers", "previous_active_customers"),
    "items_per_order": ("count_items", "count_orders"),
    "discount_share": ("discount_amount", "gross_amount"),
    "return_share": ("return_amount", "gross_amount"),
    "days_between_orders": ("sum_gap_days", "count_order_gaps"),
    "acquisition_cost": ("acquisition_spend", "new_customers"),
    "session_conversion_share": ("count_sessions_with_order", "count_sessions"),
    "customer_satisfaction_score": ("sum_csat_answers", "count_csat_answers"),
    "satisfied_share": ("count_satisfied_answers", "count_csat_answers"),
    "tickets_per_customer": ("count_tickets", "count_customers"),
    "complaints_per_customer": ("count_complaints", "count_customers"),
    "touched_share": ("touched_customers", "count_customers"),
    "campaign_open_share": ("count_opens", "count_touches"),
    "campaign_click_share": ("count_clicks", "count_touches"),
    "campaign_response_share": ("count_responses", "count_touches"),
    "email_open_share": ("count_email_opens", "count_email_touches"),
}


def read(home: Home, table: str, where: str = "true") -> pd.DataFrame:
    frame = home.frame(f"from {table} where {where}")
    frame["month"] = pd.to_datetime(frame["month"]).dt.to_period("M")
    return frame.set_index(["persona_id", "month"]).sort_index()


def assert_equal(found: pd.Series, wanted: pd.Series) -> None:
    apart = (found.astype(float) - wanted.astype(float)).abs()
    assert not apart.isna().any(), found.name
    scale = wanted.abs().clip(lower=1)
    worst = (apart / scale).max()
    assert worst < EXACT, (found.name, worst, (apart / scale).idxmax())


def assert_scorecard_is_recomputed(home: Home) -> None:
    """Every sum and every rate that is shown, on both bases."""
    for basis in BASES:
        card = Scorecard(home, basis)
        wanted = card.sums()
        exact = read(
            home,
            "intermediate.int_persona_months",
            f"persona_basis = '{basis}'",
        )
        assert set(wanted.index) <= set(exact.index)
        wanted = wanted.reindex(exact.index, fill_value=0.0)
        compared = [column for column in wanted if column in exact]
        assert len(compared) == len(list(wanted)), set(wanted) - set(exact)
        assert len(compared) > 40
        for column in compared:
            assert_equal(exact[column], wanted[column])
        gaps = exact["expected_gap_days"].groupby("persona_id").first()
        assert_equal(gaps, card.expected_gaps.reindex(gaps.index))
        assert_rates_are_recomputed(
            read(home, f"marts.{TABLES[basis]}"), wanted
        )


def assert_rates_are_recomputed(
    found: pd.DataFrame, wanted: pd.DataFrame
) -> None:
    promoters = wanted["count_promoters"] - wanted["count_detractors"]
    paid = wanted["gross_amount"] - wanted["discount_amount"]
    live = wanted["count_customers"] - wanted["lapsed_customers"]
    before = live.groupby("persona_id").shift().fillna(0)
    margin = wanted["costed_net_amount"] - wanted["cost_amount"]
    rates = {
        name: wanted[above] / wanted[below].where(wanted[below] != 0)
        for name, (above, below) in RATES.items()
    } | {
        "net_promoter_score": 100 * promoters / wanted["count_nps"],
        "average_order_value": paid / wanted["count_orders"],
        "gross_margin_share": margin / wanted["costed_net_amount"],
        "orders_per_customer_year": wanted["count_orders"]
        * 12
        / wanted["count_customers"],
        "monthly_churn_share": wanted["churned_customers"] / before,
        "first_response_hours": wanted["sum_first_response_seconds"]
        / 3600
        / wanted["count_first_responses"],
        "resolution_hours": wanted["sum_resolution_seconds"]
        / 3600
        / wanted["count_resolutions"],
    }
    for name, rate in rates.items():
        is_shown = found[name].notna()
        assert is_shown.any() or name == "net_promoter_score", name
        assert_equal(found[name][is_shown], rate[is_shown])


def test_scorecard_equals_a_recomputation(demo: Home):
    assert_scorecard_is_recomputed(demo)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_scorecard_equals_a_recomputation_on_other_companies(
    tmp_path: Path, seed: int
):
    home = make_home(tmp_path, SAMPLE)
    deliver_company(home, generate(1_000, seed=seed), "parquet")
    result = home.run("retrain")
    assert result.is_success, result.message
    assert_scorecard_is_recomputed(home)


# What counts customers, and what gives it away together with a shown whole.
COUNTS = {
    "new_customers": ("active_customers", "repeat_customers"),
    "repeat_customers": ("active_customers", "new_customers"),
    "retained_customers": ("previous_active_customers", None),
    "lapsed_customers": ("count_customers", "live_customers"),
    "live_customers": ("count_customers", "lapsed_customers"),
    "active_customers": (None, None),
    "churned_customers": (None, None),
    "reactivated_customers": (None, None),
    "touched_customers": (None, None),
    "visitors": (None, None),
}


@pytest.mark.parametrize("basis", BASES)
def test_published_counts_of_customers_are_none_or_enough(
    demo: Home, basis: str
):
    shown = pd.DataFrame(
        demo.published(f"from bi.{TABLES[basis]}"),
        columns=[
            row[0]
            for row in demo.published(
                "select column_name from duckdb_columns() where table_name = "
                f"'{TABLES[basis]}' order by column_index"
            )
        ],
    )
    assert shown["is_partly_hidden"].any()
    assert not shown["is_partly_hidden"].all()
    for column, (whole, rest) in COUNTS.items():
        values = shown[column].dropna().astype(float)
        assert ((values == 0) | (values >= 11)).all(), column
        if whole:
            other = shown[column if rest is None else rest].astype(float)
            given = (shown[whole].astype(float) - other).dropna()
            assert ((given == 0) | (given >= 11)).all(), column


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("column", sorted(COUNTS))
def test_what_is_hidden_of_a_month_counts_enough_together(
    demo: Home, basis: str, column: str
):
    """A company's total less what is shown gives no small cell back."""
    exact = read(
        demo, "intermediate.int_persona_months", f"persona_basis = '{basis}'"
    )
    exact["live_customers"] = (
        exact["count_customers"] - exact["lapsed_customers"]
    )
    shown = read(demo, f"marts.{TABLES[basis]}")
    hidden = exact[column][shown[column].isna()].astype(float)
    by_month = hidden.groupby("month").agg(["sum", "size"])
    assert len(by_month)
    enough = (by_month["sum"] >= 11) & (by_month["size"] > 1)
    nobody = by_month["sum"] == 0
    # Where everybody who counts is hidden, there is nothing to hide it with.
    _, rest = COUNTS[column]
    nothing_else = pd.Series(False, by_month.index)
    for one in {column, rest or column}:
        is_shown = (exact[one] > 0) & shown[column].notna()
        is_needed = (exact[one] > 0) & shown[column].isna()
        all_hidden = ~is_shown.groupby("month").any()
        all_hidden &= is_needed.groupby("month").any()
        nothing_else |= all_hidden.reindex(by_month.index)
    assert (enough | nobody | nothing_else).all()


def test_benchmarks_stand_beside_company_and_persona(demo: Home):
    found = demo.frame("from marts.persona_benchmarks")
    given = demo.frame("from input_layer.input_layer__market_benchmarks")
    personas = demo.rows(
        "select count(distinct persona_id) from intermediate.int_persona_months"
    )[0][0]
    assert len(found) == len(given) * personas
    assert set(found["reason"].dropna()) <= {
        "too few customers",
        "the data do not tell it",
        "no complete month of the company lies in the period",
    }
    one = found[
        (found["metric"] == "average_order_value")
        & (found["period"] == "2025")
        & (found["persona_id"] == "P01")
    ]
    months = read(
        demo,
        "intermediate.int_persona_months",
        "persona_basis = 'month' and extract(year from month) = 2025",
    )
    paid = months["gross_amount"] - months["discount_amount"]
    company = paid.sum() / months["count_orders"].sum()
    own = paid.loc["P01"].sum() / months.loc["P01", "count_orders"].sum()
    np.testing.assert_allclose(one["company_value"], company, rtol=EXACT)
    np.testing.assert_allclose(one["persona_value"], own, rtol=EXACT)
    np.testing.assert_allclose(
        one["persona_difference"], own - one["benchmark_value"], rtol=EXACT
    )
