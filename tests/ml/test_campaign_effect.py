"""Campaigns: what was planted is found, and little else is called an effect."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from campaign_sims import arm_row, arms_of_company, drawn, judged

from ml import campaign_effect as effect
from ml.campaign_effect import MATCHED_COLUMNS, verdict_of
from ml.columns import MissingColumnError
from ml.proportions import Interval
from ml.synthetic import generate

NO_MATCHED = pd.DataFrame(columns=MATCHED_COLUMNS)
NOBODY = pd.DataFrame({"campaign_id": []})
COUNT_CAMPAIGNS = 200
LIFTS = (0.0, 0.03, 0.08, 0.15, 0.25, -0.04)


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def planted() -> tuple[pd.DataFrame, np.ndarray]:
    """Return 200 judged campaigns of seven personas, and their lifts."""
    rng = np.random.default_rng(0)
    baseline = rng.uniform(0.05, 0.4, (COUNT_CAMPAIGNS, 7))
    lift = np.maximum(rng.choice(LIFTS, baseline.shape), -0.9 * baseline) * (
        np.arange(COUNT_CAMPAIGNS)[:, None] >= COUNT_CAMPAIGNS // 2
    )
    return judged(drawn(1, baseline, lift)).effects, lift.ravel()


@pytest.fixture(scope="module")
def without_effect() -> effect.Judged:
    """Return 200 judged campaigns that did nothing to anybody."""
    baseline = np.random.default_rng(5).uniform(0.05, 0.4, (COUNT_CAMPAIGNS, 7))
    return judged(drawn(2, baseline, np.zeros_like(baseline)))


def test_intervals_cover_the_planted_lifts_in_95_of_100(
    planted: tuple[pd.DataFrame, np.ndarray],
) -> None:
    effects, lift = planted
    covered = (effects["lift_low"] <= lift) & (lift <= effects["lift_high"])
    assert 0.93 <= covered.mean() <= 0.97
    of_campaign = covered.groupby(effects["campaign_id"]).mean()
    assert len(of_campaign) == COUNT_CAMPAIGNS


def test_campaigns_without_lift_are_called_works_in_at_most_5_of_100(
    planted: tuple[pd.DataFrame, np.ndarray], without_effect: effect.Judged
) -> None:
    effects, lift = planted
    alone = without_effect.effects
    for rows in (effects[lift == 0], alone):
        assert (rows["verdict"] == "works").mean() <= 0.02
    works = (alone["verdict"] == "works").groupby(alone["campaign_id"]).any()
    assert works.mean() <= 0.05
    assert (without_effect.totals["verdict"] == "works").mean() <= 0.05
    # Beside campaigns that do work, those that do nothing fare no worse.
    idle = effects.iloc[: len(effects) // 2]
    works = (idle["verdict"] == "works").groupby(idle["campaign_id"]).any()
    assert len(works) == COUNT_CAMPAIGNS // 2
    assert works.mean() <= 0.05


def test_lifts_that_the_customers_can_show_are_found(
    planted: tuple[pd.DataFrame, np.ndarray],
) -> None:
    effects, lift = planted
    is_large = lift > 1.5 * effects["detectable_lift"]
    assert is_large.sum() > 50
    assert (effects[is_large]["verdict"] == "works").mean() > 0.85
    assert (effects[lift < 0]["verdict"] == "works").mean() <= 0.02
    assert (effects[lift > 0]["verdict"] == "harms").mean() <= 0.02


def test_whole_campaigns_are_covered_and_differ_by_chance_alone(
    without_effect: effect.Judged,
) -> None:
    totals = without_effect.totals
    covered = (totals["lift_low"] <= 0) & (totals["lift_high"] >= 0)
    assert 0.90 <= covered.mean() <= 0.99
    assert (totals["heterogeneity_p_value"] <= 0.05).mean() <= 0.085
    assert (totals["adjusted_heterogeneity_p_value"] <= 0.05).mean() <= 0.02


@pytest.mark.parametrize("seed", range(3))
def test_the_persona_with_the_planted_harm_is_called_harms(seed: int) -> None:
    company = generate(20_000, seed=seed)
    found = judged(arms_of_company(company)).effects
    truth = company.truth["campaign_lift"].rename(
        columns={"persona": "persona_id", "lift": "planted"}
    )
    truth["persona_id"] = truth["persona_id"].astype(str)
    both = found.merge(truth, on=["campaign_id", "persona_id"])
    assert len(both) == len(truth)
    harmed = both[both["planted"] < 0]
    assert harmed[
        ["campaign_id", "persona_id", "verdict"]
    ].to_numpy().tolist() == [["C08", "busy_families", "harms"]]
    assert (both[both["planted"] >= 0]["verdict"] == "harms").mean() <= 0.05
    assert (both[both["planted"] == 0]["verdict"] == "works").mean() <= 0.1
    strong = both[both["planted"] > 1.5 * both["detectable_lift"]]
    assert (strong["verdict"] == "works").mean() >= 0.8
    covered = both["planted"].between(both["lift_low"], both["lift_high"])
    assert covered.mean() >= 0.88


@pytest.mark.parametrize(
    ("lift", "p", "verdict"),
    [
        (Interval(0.05, 0.01, 0.09), 0.01, "works"),
        (Interval(0.05, 0.01, 0.09), 0.06, "not enough data"),
        (Interval(0.05, -0.001, 0.09), 0.01, "not enough data"),
        (Interval(-0.05, -0.09, -0.01), 0.01, "harms"),
        (Interval(-0.05, -0.09, -0.01), 0.06, "does not"),
        (Interval(0.0, -0.015, 0.015), 0.9, "does not"),
        (Interval(0.0, -0.015, 0.02), 0.9, "not enough data"),
        (Interval(0.01, 0.005, 0.015), 0.001, "works"),
    ],
)
def test_a_verdict_asks_for_interval_and_p_value(
    lift: Interval, p: float, verdict: str
) -> None:
    assert verdict_of(lift, p, relevant=0.02)[0] == verdict


def test_does_not_takes_as_many_customers_as_the_table_says() -> None:
    small = judged(
        frame(
            arm_row("C", "P01", "treated", 1000, 100),
            arm_row("C", "P01", "held_out", 1000, 100),
        )
    ).effects.iloc[0]
    assert small["verdict"] == "not enough data"
    each = int(1.2 * small["count_customers_needed"]) // 2
    large = judged(
        frame(
            arm_row("C", "P01", "treated", each, each // 10),
            arm_row("C", "P01", "held_out", each, each // 10),
        )
    ).effects.iloc[0]
    assert large["verdict"] == "does not"
    assert large["verdict_reason"] == effect.TOO_SMALL


def test_gains_are_the_lift_times_the_treated_and_return_is_per_spend() -> None:
    row = judged(
        frame(
            arm_row("C", "P01", "treated", 400, 120, spend_amount=500.0),
            arm_row("C", "P01", "held_out", 200, 40),
        )
    ).effects.iloc[0]
    assert row["lift"] == pytest.approx(0.1)
    assert row["incremental_orders"] == pytest.approx(40)
    assert row["incremental_net_amount"] == pytest.approx(2000)
    assert row["incremental_margin_amount"] == pytest.approx(800)
    assert row["return_basis"] == "margin_amount"
    assert row["return_on_spend"] == pytest.approx(1.6)
    assert row["return_on_spend_low"] == pytest.approx(
        row["incremental_margin_amount_low"] / 500
    )


def test_without_costs_the_return_is_told_in_revenue() -> None:
    unknown = {
        "sum_costed_net_amount": 0.0,
        "sum_margin_amount": 0.0,
        "sum_squared_margin_amount": 0.0,
    }
    row = judged(
        frame(
            arm_row("C", "P01", "treated", 400, 120, **unknown),
            arm_row("C", "P01", "held_out", 200, 40, **unknown),
        )
    ).effects.iloc[0]
    assert row["return_basis"] == "net_amount"
    assert row["return_on_spend"] == pytest.approx(2000 / 400)


def test_without_spend_there_is_no_return() -> None:
    row = judged(
        frame(
            arm_row("C", "P01", "treated", 400, 120, spend_amount=0.0),
            arm_row("C", "P01", "held_out", 200, 40),
        )
    ).effects.iloc[0]
    assert np.isnan(row["return_on_spend"])
    assert row["verdict"] == "works"


def test_an_open_window_withholds_every_figure_of_the_campaign() -> None:
    found = judged(
        frame(
            arm_row("C", "P01", "treated", 400, 200),
            arm_row("C", "P01", "held_out", 200, 20),
            arm_row("C", "P02", "treated", 0, 0, count_open_windows=30),
        )
    )
    for rows in (found.effects, found.totals):
        assert set(rows["verdict"]) == {"not enough data"}
        assert set(rows["verdict_reason"]) == {effect.WINDOW_OPEN}
        assert rows["lift"].isna().all()


def test_a_persona_of_whom_nobody_was_held_out_is_not_judged() -> None:
    found = judged(
        frame(
            arm_row("C", "P01", "treated", 400, 200),
            arm_row("C", "P01", "held_out", 200, 20),
            arm_row("C", "P02", "treated", 300, 100),
            arm_row("C", "P03", "treated", 300, 100),
            arm_row("C", "P03", "held_out", 10, 0),
        )
    ).effects.set_index("persona_id")
    assert found.loc["P02", "verdict_reason"] == effect.NO_HELD_OUT
    assert found.loc["P03", "verdict_reason"] == effect.FEW
    assert found.loc["P01", "verdict"] == "works"
    # The family is what was tested: one row.
    assert found.loc["P01", "adjusted_p_value"] == found.loc["P01", "p_value"]


def test_the_personas_gains_sum_to_those_of_the_campaign() -> None:
    baseline = np.random.default_rng(1).uniform(0.1, 0.4, (5, 6))
    found = judged(drawn(3, baseline, np.full_like(baseline, 0.05)))
    for gain in ("incremental_orders", "incremental_margin_amount"):
        summed = found.effects.groupby("campaign_id")[gain].sum()
        assert summed.to_numpy() == pytest.approx(
            found.totals[gain].to_numpy(), rel=1e-9
        )
    spent = found.effects.groupby("campaign_id")["spend_amount"].sum()
    assert spent.to_numpy() == pytest.approx(
        found.totals["spend_amount"].to_numpy()
    )


def test_a_verdict_does_not_change_because_other_campaigns_came() -> None:
    baseline = np.random.default_rng(9).uniform(0.1, 0.4, (40, 7))
    arms = drawn(7, baseline, np.full_like(baseline, 0.04))
    all_at_once = judged(arms).effects
    first = judged(arms[arms["campaign_id"] == "C000"]).effects
    pd.testing.assert_frame_equal(all_at_once.iloc[:7], first)


def test_small_personas_are_one_stratum_of_their_campaign() -> None:
    found = judged(
        frame(
            arm_row("C", "P01", "treated", 400, 100),
            arm_row("C", "P01", "held_out", 200, 40),
            arm_row("C", "P02", "treated", 10, 5),
            arm_row("C", "P02", "held_out", 8, 1),
            arm_row("C", "unassigned", "treated", 3, 0),
        )
    ).totals.iloc[0]
    # P02 and unassigned are too few together: they join P01.
    assert found["lift"] == pytest.approx(105 / 413 - 41 / 208)
    assert found["count_personas"] == 3


def matched_strata(campaign_id: str) -> pd.DataFrame:
    rows = []
    for persona_id in (None, "P01"):
        for stratum in range(3):
            for arm, bought in (("treated", 60), ("compared", 20)):
                row = arm_row(campaign_id, "P01", arm, 100, bought)
                rows.append(
                    row | {"persona_id": persona_id, "stratum": stratum}
                )
    return pd.DataFrame(rows)[MATCHED_COLUMNS]


def test_without_held_out_customers_the_verdict_says_observational() -> None:
    arms = frame(arm_row("C", "P01", "treated", 320, 180, spend_amount=320.0))
    found = effect.judge_campaigns(
        arms, matched_strata("C"), NOBODY, smallest_relevant_lift=0.02
    )
    for row in (found.effects.iloc[0], found.totals.iloc[0]):
        assert row["evidence"] == "observational"
        assert row["verdict"] == "works"
        assert row["verdict_reason"].endswith(effect.BY_MATCHING)
        assert row["lift"] == pytest.approx(0.4)
        assert row["count_matched"] == 300
        # 300 of 320 treated are compared: so much of the money is, too.
        assert row["incremental_orders"] == pytest.approx(120)
        assert row["return_on_spend"] == pytest.approx(120 * 20 / 300)


def test_an_unlike_comparison_gets_no_verdict() -> None:
    refused = pd.DataFrame({"campaign_id": ["C", "D"]})
    found = effect.judge_campaigns(
        frame(
            arm_row("C", "P01", "treated", 320, 180),
            arm_row("D", "P01", "treated", 320, 180),
            arm_row("D", "P01", "held_out", 320, 10),
        ),
        matched_strata("C"),
        refused,
        smallest_relevant_lift=0.02,
    ).effects
    assert found["verdict"].tolist() == ["not enough data"] * 2
    assert found["verdict_reason"].tolist() == [
        effect.UNLIKE_MATCHED,
        effect.UNLIKE_HELD_OUT,
    ]
    assert found["lift"].isna().all()


def test_without_anybody_alike_an_unheld_campaign_is_not_judged() -> None:
    found = judged(frame(arm_row("C", "P01", "treated", 320, 180))).effects
    assert found["verdict_reason"].tolist() == [effect.FEW_MATCHED]


def test_no_campaigns_make_empty_tables_with_all_columns() -> None:
    found = judged(pd.DataFrame(columns=effect.ARM_COLUMNS))
    assert list(found.effects) == effect.EFFECT_COLUMNS
    assert list(found.totals) == effect.TOTAL_COLUMNS
    assert found.effects.empty


def test_a_missing_column_and_a_wrong_setting_are_named() -> None:
    arms = frame(arm_row("C", "P01", "treated", 320, 180))
    with pytest.raises(MissingColumnError, match="count_open_windows"):
        judged(arms.drop(columns="count_open_windows"))
    with pytest.raises(ValueError, match="smallest_relevant_lift"):
        judged(arms, smallest_relevant_lift=0)
