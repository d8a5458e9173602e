"""The value of customers: counted rows in, factors and intervals out.

SQL counts customers by what the models see of them and applies what comes out
of here to each; in between are `ml.value_models` and `ml.value`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from orchestration.lib.settings import Settings, SettingsError, project_vars
from orchestration.lib.warehouse import open_warehouse, replace_tables

if TYPE_CHECKING:
    from ml.value import ValueModel

RANDOM_STATE = 0
TABLES = {
    "value_parameters": "Parameters of both models.",
    "value_status": "Whether values are modelled, and with which settings.",
    "value_factors": "Purchases to come per frequency and tenure.",
    "value_intervals": "How sure the value of each persona is.",
    "value_backtest_results": "Predictions against what happened.",
}
COUNTS = {
    "today": ("select * from intermediate.int_value_counts order by all"),
    "spend": (
        "select * exclude (period) from intermediate.int_value_spend_counts "
        "where period = 'today' order by all"
    ),
    "spend_at_cut": (
        "select * exclude (period) from intermediate.int_value_spend_counts "
        "where period = 'cut' order by all"
    ),
    "cut": (
        "select * from intermediate.int_value_backtest_counts order by all"
    ),
    "pairs": (
        "select distinct frequency, tenure_days "
        "from intermediate.int_customer_purchase_summary order by all"
    ),
    "periods": "select * from intermediate.int_value_periods",
}


@dataclass(frozen=True)
class ValueSettings:
    """How money to come is discounted, and what share of it is margin."""

    discount_rate_per_year: float
    margin_share: float | None


def value_settings() -> ValueSettings:
    """Read the vars ``value_discount_rate_per_year``, ``value_margin_share``.

    Raises
    ------
    SettingsError
        When one is not what it must be.
    """
    found = project_vars()
    rate = found.get("value_discount_rate_per_year", 0.1)
    margin = found.get("value_margin_share")
    if not isinstance(rate, (int, float)) or not 0 <= rate < 10:
        raise SettingsError(
            f"The var value_discount_rate_per_year is {rate!r}: write 0.1 for "
            "ten percent a year."
        )
    if margin in (None, ""):
        return ValueSettings(float(rate), None)
    if not isinstance(margin, (int, float)) or not 0 < margin <= 1:
        raise SettingsError(
            f"The var value_margin_share is {margin!r}: write a share such as "
            "0.4, or nothing, and it is taken from unit costs."
        )
    return ValueSettings(float(rate), float(margin))


def build_value(settings: Settings) -> dict[str, int]:
    """Fit, predict, look back, and write what SQL needs.

    Returns
    -------
    dict of str to int
        Rows per table.
    """
    with open_warehouse(settings, read_only=True) as connection:
        counts = {
            name: connection.execute(sql).df() for name, sql in COUNTS.items()
        }
    return replace_tables(settings, judge_value(counts, value_settings()))


def judge_value(
    counts: dict[str, pd.DataFrame], chosen: ValueSettings
) -> dict[str, pd.DataFrame]:
    """Return the tables of `TABLES` from the counted rows of `COUNTS`."""
    from ml.value import (
        backtest,
        summed_spend,
        value_factors,
    )
    from ml.value_intervals import value_intervals
    from ml.value_models import NotEnoughDataError

    empty = {name: pd.DataFrame() for name in TABLES}
    status = {
        "discount_rate_per_year": chosen.discount_rate_per_year,
        "margin_share": chosen.margin_share,
        "is_fitted": False,
        "reason": "",
    }
    try:
        model = _fit(counts["today"], counts["spend"])
    except NotEnoughDataError as error:
        status["reason"] = str(error)
        return empty | {"value_status": pd.DataFrame([status])}
    rate = chosen.discount_rate_per_year
    tables = empty | {
        "value_parameters": _parameters(model),
        "value_factors": value_factors(
            model.purchases, counts["pairs"], discount_rate_per_year=rate
        ),
        "value_intervals": value_intervals(
            model,
            counts["today"],
            counts["spend"],
            discount_rate_per_year=rate,
            random_state=RANDOM_STATE,
        ),
    }
    status["is_fitted"] = True
    cut = counts["cut"]
    keys = ("frequency", "recency_days", "tenure_days")
    try:
        then = _fit(cut, counts["spend_at_cut"])
    except NotEnoughDataError as error:
        status["reason"] = f"Nothing to look back on: at the cut, {error}"
    else:
        horizon = int(counts["periods"]["horizon_days"].iloc[0])
        predicted = then.purchases.expected_purchases(
            *(cut[key] for key in keys), horizon=horizon
        )
        tables["value_backtest_results"] = backtest(
            cut, predicted, summed_spend(then, cut), horizon_days=horizon
        )
    return tables | {"value_status": pd.DataFrame([status])}


def _fit(counts: pd.DataFrame, spend: pd.DataFrame) -> ValueModel:
    from ml.value import ValueModel, fit_persona_spend
    from ml.value_models import fit_bg_nbd, fit_gamma_gamma

    return ValueModel(
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
        fit_persona_spend(spend),
    )


def _parameters(model: ValueModel) -> pd.DataFrame:
    from ml.value import COMPANY

    spends = {COMPANY: model.spend, **model.persona_spend}
    fits = [
        ("BG/NBD", COMPANY, model.purchases, ("r", "alpha", "a", "b")),
        *(
            ("Gamma-Gamma", persona, spend, ("p", "q", "v"))
            for persona, spend in spends.items()
        ),
    ]
    return pd.DataFrame(
        [
            (name, persona, parameter, float(getattr(fit, parameter)))
            for name, persona, fit, parameters in fits
            for parameter in (*parameters, "log_likelihood")
        ],
        columns=["model_name", "persona_id", "parameter", "parameter_value"],
    )
