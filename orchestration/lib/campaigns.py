"""The effect of campaigns: read from the warehouse, judged, written back.

What comes here is small: sums per campaign, persona and arm; of a campaign
that held out nobody also a bounded sample of customers, one campaign at a time.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from orchestration.lib.settings import Settings, SettingsError, project_vars
from orchestration.lib.warehouse import open_warehouse, replace_tables

TABLES = ("campaign_effects", "campaign_totals", "campaign_balances")


def build_campaign_effects(settings: Settings) -> dict[str, int]:
    """Judge every campaign and write what is found.

    Returns
    -------
    dict of str to int
        Rows per table.
    """
    from ml.campaign_effect import judge_campaigns

    relevant = smallest_relevant_lift()
    with open_warehouse(settings, read_only=True) as connection:
        arms = connection.execute(
            "select * from intermediate.int_campaign_arms "
            "order by campaign_id, persona_id, arm"
        ).df()
        moments = connection.execute(
            "select * from intermediate.int_campaign_arm_covariates "
            "order by campaign_id, covariate, arm"
        ).df()
        matched, balance = compare_arms(connection, moments)
    judged = judge_campaigns(
        arms,
        matched,
        balance[balance["is_unlike"].astype(bool)],
        smallest_relevant_lift=relevant,
    )
    return replace_tables(
        settings,
        {
            "campaign_effects": judged.effects,
            "campaign_totals": judged.totals,
            "campaign_balances": balance,
        },
    )


def smallest_relevant_lift() -> float:
    """Return the var of that name.

    Raises
    ------
    SettingsError
        When it is no share between 0 and 1.
    """
    value = project_vars().get("smallest_relevant_lift")
    if not isinstance(value, int | float) or not 0 < value < 1:
        raise SettingsError(
            f"The var smallest_relevant_lift is {value!r}: write a share "
            "above 0 in dbt_project.yml, such as 0.02."
        )
    return float(value)


def compare_arms(
    connection: duckdb.DuckDBPyConnection, moments: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the matched strata and the balance of all campaigns.

    Parameters
    ----------
    moments : DataFrame
        The rows of ``int_campaign_arm_covariates``.

    Returns
    -------
    DataFrame
        Strata of the campaigns without held-out customers.
    DataFrame
        Balance per campaign and covariate, with ``is_unlike``: whether the
        campaign's arms may not be compared.
    """
    from ml import campaign_matching as matching
    from ml.campaign_effect import MATCHED_COLUMNS

    is_held_out = moments["arm"] == "held_out"
    randomised = set(moments.loc[is_held_out, "campaign_id"])
    of_arms = matching.balance_of_arms(moments)
    strata, balances = [], []
    for campaign_id in sorted(set(moments["campaign_id"])):
        if campaign_id in randomised:
            balance = of_arms[of_arms["campaign_id"] == campaign_id]
        else:
            cohort = read_cohort(connection, campaign_id)
            own = moments["campaign_id"] == campaign_id
            names = sorted(set(moments.loc[own, "covariate"]))
            found = matching.match_customers(
                cohort, [name for name in names if name in cohort]
            )
            strata.append(found.strata.assign(campaign_id=campaign_id))
            balance = found.balance.assign(campaign_id=campaign_id)
        balances.append(
            balance.assign(
                is_unlike=matching.is_unlike(
                    balance, is_randomised=campaign_id in randomised
                )
            )
        )
    columns = ["campaign_id", *matching.BALANCE_COLUMNS, "is_unlike"]
    return (
        _joined(strata, MATCHED_COLUMNS),
        _joined(balances, columns),
    )


def _joined(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    if not filled:
        return pd.DataFrame(columns=columns)
    return pd.concat(filled, ignore_index=True)[columns]


def read_cohort(
    connection: duckdb.DuckDBPyConnection, campaign_id: str
) -> pd.DataFrame:
    """Read the treated of a campaign and those to compare them with."""
    return connection.execute(
        "select * exclude (campaign_id, customer_id, touched_at) "
        "from intermediate.int_campaign_cohorts where campaign_id = ? "
        "order by customer_id",
        [campaign_id],
    ).df()
