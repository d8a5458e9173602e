"""Flows between personas: counts read, judged, written into schema ``ml``."""

from __future__ import annotations

from orchestration.lib.settings import Settings
from orchestration.lib.warehouse import open_warehouse, replace_tables


def build_flows(settings: Settings) -> dict[str, int]:
    """Decide which flows may be told and write these.

    Returns
    -------
    dict of str to int
        Rows per table.
    """
    from ml.flows import judge_flows

    with open_warehouse(settings, read_only=True) as connection:
        model = connection.execute(
            "select model_run_id from intermediate.int_model_in_force"
        ).fetchall()
        counts = connection.execute(
            "select * from intermediate.int_persona_flows order by all"
        ).df()
    flows = judge_flows(counts).assign(
        model_run_id=model[0][0] if model else ""
    )
    return replace_tables(settings, {"persona_flow_cells": flows})
