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
from orchestration.lib.published import open_published
from orchestration.lib.published_budget import plan_again, read_budget

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
    spend = home.frame("from intermediate.int_budget_spend")
    spend = spend[spend["persona_id"].isin(mixture.index)]
    index = pd.MultiIndex.from_frame(spend[["persona_id", "channel"]])
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
    # Cells that are planned together keep their parts of the money.
    times = (
        cells.set_index(["persona_id", "channel"])[
            ["planned_amount", "current_amount"]
        ]
        .astype(float)
        .eval("planned_amount / current_amount")
    )
    today = pd.Series(spend["spend_amount"].to_numpy(dtype=float), index)
    plan = today * [
        times[key] if key in times.index else times["other", key[1]]
        for key in index
    ]
    with open_published(home.settings.published_path) as connection:
        budget = read_budget(connection)
    assert budget is not None
    again = plan_again(budget).cells
    assert again["planned_amount"].to_list() == pytest.approx(
        cells.sort_values(["channel", "persona_id"])["planned_amount"].to_list()
    )
    for doubling_adds in (1.0, 0.4):
        gain = true_margin(
            plan, today, value, doubling_adds=doubling_adds
        ) - true_margin(today, today, value, doubling_adds=doubling_adds)
        assert gain > 0
