"""The affinities of a run: counts read, compared, written into schema ``ml``.

SQL counts over customers, orders and sessions; what comes here are some
hundred rows per persona at most.
"""

from __future__ import annotations

import pandas as pd

from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse, replace_tables

COUNTS = (
    "int_persona_cohorts",
    "int_persona_product_counts",
    "int_persona_channel_counts",
    "int_persona_journey_counts",
)


def build_affinities(settings: Settings) -> dict[str, int]:
    """Compare the personas by what they buy and how they come, and write it.

    Returns
    -------
    dict of str to int
        Rows per table.
    """
    from ml.affinity import judge_affinities
    from ml.cohorts import judge_cohorts

    model_run_id, counts = read_counts(settings)
    cohorts, *others = (counts[name] for name in COUNTS)
    products, channels, journeys = judge_affinities(*others)
    tables = {
        "persona_cohort_ages": judge_cohorts(cohorts),
        "persona_product_affinities": products,
        "persona_channel_affinities": channels,
        "persona_journey_paths": journeys,
    }
    return replace_tables(
        settings,
        {
            name: frame.assign(model_run_id=model_run_id)
            for name, frame in tables.items()
        },
    )


def read_counts(settings: Settings) -> tuple[str, dict[str, pd.DataFrame]]:
    """Read the model in force ('' for none) and the exact counts."""
    with open_warehouse(settings, read_only=True) as connection:
        model = connection.execute(
            "select model_run_id from intermediate.int_model_in_force"
        ).fetchall()
        counts = {
            name: connection.execute(
                f"select * from intermediate.{name} order by all"
            ).df()
            for name in COUNTS
        }
    return (model[0][0] if model else ""), counts
