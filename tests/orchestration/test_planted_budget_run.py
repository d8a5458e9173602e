"""A company goes through the warehouse, and its plan brings more.

Personas are those that the model finds, by what was known before each touch.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from homes import SAMPLE, deliver_company, make_home
from planted_budget import planted_budget, true_margin

from ml.synthetic import generate, planted_personas_today

CUSTOMERS = 20_000


@pytest.mark.slow
def test_the_plan_of_found_personas_beats_todays_split(tmp_path: Path) -> None:
    company = generate(CUSTOMERS, seed=1)
    truth = planted_budget(company).truth
    planted = planted_personas_today(company)
    home = make_home(tmp_path, SAMPLE)
    deliver_company(home, company, "parquet")
    result = home.run("retrain")
    assert result.is_success, result.message
    found = home.frame(
        "select customer_id, persona_id from marts.customer_personas"
    )
    cells = home.frame("from ml.budget_cells")
    assert home.rows("select verdict from marts.budget_summary") == [("move",)]

    # What a persona's customers bring is what those planted among them do.
    both = found.merge(
        planted.assign(customer_id=planted["customer_id"].astype(str)),
        on="customer_id",
    )
    mixture = pd.crosstab(
        both["persona_id"], both["persona"], normalize="index"
    )
    cells = cells[cells["persona_id"].isin(mixture.index)]
    index = pd.MultiIndex.from_frame(cells[["persona_id", "channel"]])
    value = pd.Series(
        [
            sum(
                share * truth.get((persona, channel), 0.0)
                for persona, share in mixture.loc[persona_id].items()
            )
            for persona_id, channel in index
        ],
        index,
    )
    today, plan = (
        pd.Series(cells[name].to_numpy(dtype=float), index)
        for name in ("current_amount", "planned_amount")
    )
    for doubling_adds in (1.0, 0.4):
        gain = true_margin(
            plan, today, value, doubling_adds=doubling_adds
        ) - true_margin(today, today, value, doubling_adds=doubling_adds)
        assert gain > 0
