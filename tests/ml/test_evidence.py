"""Claims: tested fairly, said only when large, never of a few people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ml.columns import MissingColumnError
from ml.evidence import (
    CLAIM_COLUMNS,
    FLOOR,
    SIGNIFICANT,
    judge_claims,
    slug,
)

NUMBERS = ["count_known", "sum_value", "sum_squared"]


def mean_rows(trait: str, values: dict[str, np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            row(persona, trait, None, "mean", len(own), own.sum(), own @ own)
            for persona, own in values.items()
        ]
    )


def share_rows(
    trait: str, counts: dict[str, dict[str, int]], known: dict[str, int]
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            row(persona, trait, value, "share", known[persona], count, count)
            for persona, own in counts.items()
            for value, count in own.items()
        ]
    )


def row(
    persona: str,
    trait: str,
    value: str | None,
    statistic: str,
    known: int,
    total: float,
    squared: float,
) -> dict[str, object]:
    return {
        "persona_id": persona,
        "parent_persona_id": None,
        "trait": trait,
        "trait_value": value,
        "statistic": statistic,
        "part": "behaviour",
        "unit": "count",
        "basis": "observed",
        "source_entity": "orders",
        "count_customers": 2 * known,
        "count_known": known,
        "sum_value": total,
        "sum_squared": squared,
    }


def test_means_equal_welchs_test_and_students_interval() -> None:
    rng = np.random.default_rng(1)
    own, others = rng.normal(3, 1, 80), rng.normal(2, 2, 200)
    claims = judge_claims(mean_rows("x", {"P01": own, "unassigned": others}))
    assert list(claims.columns) == CLAIM_COLUMNS
    claim = claims.iloc[0]
    expected = stats.ttest_ind(own, others, equal_var=False)
    interval = stats.t.interval(0.95, 79, own.mean(), stats.sem(own))
    everybody = np.concatenate([own, others])
    assert claim["p_value"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert claim["interval_low"] == pytest.approx(interval[0])
    assert claim["interval_high"] == pytest.approx(interval[1])
    assert claim["persona_value"] == pytest.approx(own.mean())
    assert claim["baseline_value"] == pytest.approx(everybody.mean())
    assert claim["effect_size"] == pytest.approx(
        (own.mean() - others.mean()) / everybody.std(ddof=1)
    )
    assert claim["known_share"] == 0.5
    assert claim["lift"] == pytest.approx(own.mean() / everybody.mean())


def test_shares_equal_fishers_test_and_wilsons_interval() -> None:
    counts = {"P01": {"yes": 60, "no": 40}, "P02": {"yes": 90, "no": 210}}
    claims = judge_claims(share_rows("x", counts, {"P01": 100, "P02": 300}))
    claim = claims.set_index("trait_id").loc["P01.x.yes"]
    interval = stats.binomtest(60, 100).proportion_ci(method="wilson")
    table = [[60, 40], [90, 210]]
    tails = [
        stats.fisher_exact(table, alternative=side).pvalue
        for side in ("less", "greater")
    ]
    assert claim["p_value"] == pytest.approx(2 * min(tails), rel=1e-6)
    assert claim["interval_low"] == pytest.approx(interval.low)
    assert claim["interval_high"] == pytest.approx(interval.high)
    assert claim["effect_size"] == pytest.approx(
        2 * np.arcsin(np.sqrt(0.6)) - 2 * np.arcsin(np.sqrt(0.3))
    )
    assert claim["is_claim"]


def test_adjustment_is_over_all_claims_of_the_run() -> None:
    rng = np.random.default_rng(2)
    frames = [
        mean_rows(
            f"x{number}",
            {"P01": rng.normal(0, 1, 90), "P02": rng.normal(0, 1, 90)},
        )
        for number in range(20)
    ]
    claims = judge_claims(pd.concat(frames))
    expected = stats.false_discovery_control(claims["p_value"].to_numpy())
    assert np.allclose(claims["adjusted_p_value"], expected)
    assert (claims["adjusted_p_value"] >= claims["p_value"]).all()


def test_what_is_small_certain_or_thin_is_not_said() -> None:
    rng = np.random.default_rng(3)
    many = 100_000
    frames = [
        mean_rows(
            "small",
            {"P01": rng.normal(0.1, 1, many), "P02": rng.normal(0, 1, many)},
        ),
        mean_rows(
            "thin",
            {
                "P01": np.r_[9.0, 9.1].repeat(10),
                "P02": np.r_[1.0, 1.1].repeat(99),
            },
        ),
        mean_rows(
            "large",
            {"P01": rng.normal(0.5, 1, many), "P02": rng.normal(0, 1, many)},
        ),
    ]
    claims = judge_claims(pd.concat(frames)).set_index("trait_id")
    assert claims.loc["P01.small", "adjusted_p_value"] < SIGNIFICANT
    assert not claims.loc["P01.small", "is_claim"]
    assert not claims.loc["P01.thin", "is_claim"]
    assert claims.loc["P01.large", "is_claim"]
    assert claims.loc["P01.large", "difference_rank"] == 1
    assert pd.isna(claims.loc["P01.small", "difference_rank"])


def test_what_is_the_same_for_everybody_is_no_claim() -> None:
    same = np.full(50, 4.0)
    claims = judge_claims(mean_rows("x", {"P01": same, "P02": same}))
    assert claims.empty
    assert list(claims.columns) == CLAIM_COLUMNS


def test_groups_without_spread_that_differ_are_certain() -> None:
    claims = judge_claims(
        mean_rows("x", {"P01": np.full(50, 1.0), "P02": np.zeros(50)})
    )
    assert (claims["p_value"] == 0).all()
    assert np.isfinite(claims["effect_size"]).all()
    assert claims["is_claim"].all()


def test_unassigned_counts_in_the_baseline_and_claims_nothing() -> None:
    rng = np.random.default_rng(4)
    claims = judge_claims(
        mean_rows(
            "x",
            {
                "P01": rng.normal(5, 1, 90),
                "P02": rng.normal(5, 1, 90),
                "unassigned": rng.normal(0, 1, 90),
            },
        )
    )
    assert set(claims["persona_id"]) == {"P01", "P02"}
    assert claims["baseline_value"].iloc[0] < 4


@pytest.mark.parametrize("seed", range(25))
def test_hidden_cells_do_not_come_back_by_subtraction(seed: int) -> None:
    """Whoever knows all published cells and totals learns no small count."""
    rng = np.random.default_rng(seed)
    values = [f"v{number}" for number in range(5)]
    counts = {
        f"P{number:02d}": dict(
            zip(
                values, rng.poisson(rng.gamma(0.7, 40, 5)).tolist(), strict=True
            )
        )
        for number in range(1, 6)
    }
    counts = {
        persona: own for persona, own in counts.items() if sum(own.values())
    }
    known = {persona: sum(own.values()) for persona, own in counts.items()}
    claims = judge_claims(share_rows("x", counts, known))
    shown = {(one.persona_id, one.trait_value) for one in claims.itertuples()}
    assert all(counts[persona][value] >= FLOOR for persona, value in shown)
    lines = [[(persona, value) for value in values] for persona in counts]
    lines += [[(persona, value) for persona in counts] for value in values]
    for line in lines:
        hidden = [cell for cell in line if cell not in shown]
        published = [cell for cell in line if cell in shown]
        if hidden and published:
            assert len(hidden) > 1
            assert sum(counts[p][v] for p, v in hidden) >= FLOOR


def parts_of(parent: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(parent_persona_id=parent)


def test_a_part_is_compared_with_the_rest_of_its_persona() -> None:
    rng = np.random.default_rng(7)
    low, high = rng.normal(2, 1, 80), rng.normal(3, 1, 120)
    others = rng.normal(9, 1, 100)
    whole = {"P01": np.concatenate([low, high]), "P02": others}
    plain = judge_claims(mean_rows("x", whole))
    parts = parts_of("P01", mean_rows("x", {"P03": low, "P04": high}))
    claims = judge_claims(
        pd.concat([mean_rows("x", whole), parts], ignore_index=True)
    ).set_index("persona_id")
    columns = ["persona_value", "baseline_value", "effect_size", "p_value"]
    pd.testing.assert_frame_equal(
        claims.loc[["P01", "P02"], columns],
        plain.set_index("persona_id")[columns],
    )
    part = claims.loc["P03"]
    assert part["baseline_value"] == pytest.approx(whole["P01"].mean())
    expected = stats.ttest_ind(low, high, equal_var=False).pvalue
    assert part["p_value"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(25))
def test_hidden_cells_of_parts_do_not_come_back(seed: int) -> None:
    """Not even by the published cell of their persona less the other parts."""
    rng = np.random.default_rng(seed)
    values = [f"v{number}" for number in range(4)]
    rest = seed % 2  # some of the persona are in no part
    drawn = rng.poisson(rng.gamma(3, 20, (3, 4)))
    if rest:
        drawn = np.vstack([drawn, rng.poisson(rng.gamma(0.5, 10, 4))])
    counts = {
        f"P1{number}": dict(zip(values, row.tolist(), strict=True))
        for number, row in enumerate(drawn)
    }
    wholes = {
        "P01": dict(zip(values, drawn.sum(axis=0).tolist(), strict=True)),
        **{
            other: dict(
                zip(
                    values,
                    rng.poisson(rng.gamma(0.7, 40, 4)).tolist(),
                    strict=True,
                )
            )
            for other in ("P02", "P03")
        },
    }
    published = dict(list(counts.items())[:3])
    known = {one: sum(own.values()) for one, own in (wholes | counts).items()}
    claims = judge_claims(
        pd.concat(
            [
                share_rows("x", wholes, known),
                parts_of("P01", share_rows("x", published, known)),
            ],
            ignore_index=True,
        )
    )
    shown = {(one.persona_id, one.trait_value) for one in claims.itertuples()}
    for value in values:
        seen = [part for part in published if (part, value) in shown]
        assert all(counts[part][value] >= FLOOR for part in seen)
        unseen = [part for part in counts if part not in seen and known[part]]
        if seen and unseen:
            assert ("P01", value) in shown
            left = sum(counts[part][value] for part in unseen)
            assert left >= FLOOR
            assert len(unseen) > 1 or unseen == ["P13"]


def test_means_of_fewer_than_the_floor_are_hidden() -> None:
    few = np.arange(FLOOR - 1, dtype=float)
    claims = judge_claims(mean_rows("x", {"P01": few, "P02": np.arange(90.0)}))
    assert set(claims["persona_id"]) == {"P02"}


def test_a_missing_column_is_named() -> None:
    rows = mean_rows("x", {"P01": np.arange(50.0), "P02": np.arange(50.0)})
    with pytest.raises(MissingColumnError, match="'basis' is missing"):
        judge_claims(rows.drop(columns="basis"))


def test_no_sums_make_no_claims() -> None:
    rows = mean_rows("x", {"P01": np.arange(50.0), "P02": np.arange(50.0)})
    assert judge_claims(rows.head(0)).empty


def test_rows_in_another_order_make_the_same_claims() -> None:
    rng = np.random.default_rng(5)
    rows = pd.concat(
        [
            mean_rows(
                name,
                {one: rng.normal(size=60) for one in ("P01", "P02", "P03")},
            )
            for name in "abc"
        ]
    )
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(judge_claims(rows), judge_claims(shuffled))


def test_keys_keep_letters_of_every_script() -> None:
    assert slug("Late  delivery!") == "late_delivery"
    assert slug("Đẹp quá") == "đẹp_quá"
    assert slug("خانه و باغ") == "خانه_و_باغ"
