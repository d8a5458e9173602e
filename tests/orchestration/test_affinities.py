"""Cohorts, affinities and journeys equal a recomputation, and hide the few."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affinities import Affinities
from homes import SAMPLE, Home, deliver_company, make_home
from scipy.optimize import linprog

from ml.synthetic import generate

EXACT = 1e-9
FLOOR = 11
KINDS = ("order", "session", "acquisition")


def assert_close(found: pd.Series, wanted: pd.Series) -> None:
    found, wanted = found.astype(float), wanted.astype(float)
    assert (found.isna() == wanted.isna()).all(), found.name
    scale = wanted.abs().clip(lower=1)
    worst = ((found - wanted).abs() / scale).max()
    assert not worst >= EXACT, (found.name, worst)


def assert_shown_close(found: pd.Series, wanted: pd.Series) -> None:
    """What is not left out is as it should be."""
    is_shown = found.notna()
    assert is_shown.any(), found.name
    assert_close(found[is_shown], wanted.reindex(found.index)[is_shown])


def assert_cohorts_are_recomputed(home: Home) -> None:
    wanted_of = Affinities(home)
    for basis, table in (
        ("month", "persona_cohorts"),
        ("today", "persona_cohorts_today"),
    ):
        exact = home.frame(
            "select persona_id, cohort_start, months_since, cohort_months, "
            "age_months, sum(count_customers) as count_customers, "
            "sum(active_customers) as active_customers, "
            "sum(count_orders) as count_orders, sum(net_amount) as net_amount, "
            "bool_and(is_complete) as is_complete "
            "from intermediate.int_persona_cohorts "
            f"where persona_basis = '{basis}' group by all"
        )
        (months,), (age,) = (
            exact[name].unique() for name in ("cohort_months", "age_months")
        )
        key = ["persona_id", "cohort", "months_since"]
        exact["cohort"] = pd.to_datetime(exact["cohort_start"]).dt.to_period(
            "M"
        )
        wanted = wanted_of.cohorts(basis, months, age).set_index(key)
        found = exact.set_index(key)
        # An age at which nobody came back may have no row.
        assert set(wanted.index) <= set(found.index)
        rest = found[~found.index.isin(wanted.index)]
        assert not rest["active_customers"].any()
        both = found.loc[wanted.index]
        for name in wanted:
            assert_close(both[name], wanted[name])
        lived = [
            wanted_of.is_lived(cohort, months, since + age - 1)
            for _, cohort, since in found.index
        ]
        assert list(found["is_complete"]) == lived

        shown = home.frame(f"from marts.{table} where is_whole")
        shown["cohort"] = pd.to_datetime(shown["cohort_start"]).dt.to_period(
            "M"
        )
        shown = shown.set_index(key).sort_index()
        own = found.sort_index()
        assert found.loc[shown.index, "is_complete"].all()
        total = own.groupby(["persona_id", "cohort"])["net_amount"].cumsum()
        for name, value in {
            "active_customers": own["active_customers"],
            "retained_share": own["active_customers"] / own["count_customers"],
            "cumulative_net_amount": total,
            "cumulative_net_amount_per_customer": total
            / own["count_customers"],
        }.items():
            assert_shown_close(shown[name], value)


def assert_products_are_recomputed(home: Home) -> None:
    for level in ("category", "subcategory"):
        wanted = Affinities(home).products(level)
        group = "category" if level == "category" else (
            "category || ' / ' || subcategory"
        )  # fmt: skip
        exact = home.frame(
            f"select *, {group} as group_name "
            "from intermediate.int_persona_product_counts "
            f"where level = '{level}'"
        ).rename(columns={"group_name": "group"})
        found = exact.set_index(["persona_id", "group"])
        assert set(wanted.index) <= set(found.index)
        for name in ("count_customers", "count_orders", "net_amount"):
            assert_close(
                found[name], wanted[name].reindex(found.index, fill_value=0)
            )
        shown = home.frame(
            f"select *, {group} as group_name from marts.persona_products "
            f"where level = '{level}'"
        ).rename(columns={"group_name": "group"})
        shown = shown.set_index(["persona_id", "group"])
        for name in (
            *("count_buyers", "penetration", "others_penetration", "lift"),
            *("p_value", "wallet_share"),
        ):
            assert_shown_close(shown[name], wanted[name])


def assert_channels_are_recomputed(home: Home) -> None:
    for kind in KINDS:
        wanted = Affinities(home).channels(kind)
        key = ["persona_id", "channel"]
        exact = home.frame(
            "from intermediate.int_persona_channel_counts "
            f"where channel_kind = '{kind}'"
        ).set_index(key)
        assert set(wanted.index) <= set(exact.index)
        names = ["hits", "count_customers"]
        names += [
            name
            for name in ("net_amount", "count_sessions_with_order")
            if name in wanted
        ]
        for name in names:
            aim = wanted[name].reindex(exact.index).fillna(0)
            assert_close(exact.loc[aim.index, name], aim)
        shown = home.frame(
            f"from marts.persona_channels where channel_kind = '{kind}'"
        ).set_index(key)
        wanted["others_channel_share"] = wanted["others_share"]
        of_people = shown[
            shown.index.get_level_values("persona_id") != "unassigned"
        ]
        assert_shown_close(shown["channel_share"], wanted["channel_share"])
        for name in ("others_channel_share", "lift", "p_value"):
            assert_shown_close(of_people[name], wanted[name])


def assert_journeys_are_recomputed(home: Home) -> None:
    path = "first_touch || ' / ' || middle_touch || ' / ' || last_touch"
    named = set(
        home.rows(
            "select distinct first_touch, middle_touch, last_touch "
            "from intermediate.int_persona_journey_counts"
        )
    )
    wanted = Affinities(home).paths(named)
    key = ["persona_id", "path"]
    exact = (
        home.frame(
            f"select *, {path} as path, hits as count_orders "
            "from intermediate.int_persona_journey_counts"
        )
        .set_index(key)
        .sort_index()
    )
    assert set(wanted.index) <= set(exact.index)
    for name in (
        *("count_journeys", "count_open_journeys", "count_sessions"),
        *("count_orders", "net_amount", "count_customers"),
    ):
        aim = wanted[name].reindex(exact.index, fill_value=0)
        assert_close(exact[name], aim)
    shown = home.frame(
        f"select *, {path} as path from marts.persona_journey"
    ).set_index(key)
    for name in ("session_share", "order_share"):
        assert_shown_close(shown[name], wanted[name])
    wanted["others_order_share"] = wanted["others_share"]
    is_people = shown.index.get_level_values("persona_id") != "unassigned"
    for name in ("others_order_share", "lift", "p_value"):
        assert_shown_close(shown.loc[is_people, name], wanted[name])


def assert_all_is_recomputed(home: Home) -> None:
    assert_cohorts_are_recomputed(home)
    assert_products_are_recomputed(home)
    assert_channels_are_recomputed(home)
    assert_journeys_are_recomputed(home)


def test_cohorts_equal_a_recomputation(demo: Home):
    assert_cohorts_are_recomputed(demo)


def test_products_equal_a_recomputation(demo: Home):
    assert_products_are_recomputed(demo)


def test_channels_equal_a_recomputation(demo: Home):
    assert_channels_are_recomputed(demo)


def test_journeys_equal_a_walk_through_every_visit(demo: Home):
    assert_journeys_are_recomputed(demo)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_all_equal_a_recomputation_on_other_companies(
    tmp_path: Path, seed: int
):
    home = make_home(tmp_path, SAMPLE)
    deliver_company(home, generate(1_000, seed=seed), "parquet")
    result = home.run("retrain")
    assert result.is_success, result.message
    assert_all_is_recomputed(home)


# -- what is left out --------------------------------------------------------


def bounds(
    shown: np.ndarray, exact: np.ndarray, lines: list[np.ndarray]
) -> list[tuple[int, float, float]]:
    """Return what a reader can find out of every hidden cell, by LP."""
    hidden = np.flatnonzero(~shown)
    rows = [line[hidden].astype(float) for line in lines]
    sums = [float(exact[line & ~shown].sum()) for line in lines]
    found = []
    for place, cell in enumerate(hidden):
        aim = np.zeros(len(hidden))
        aim[place] = 1
        low, high = (
            linprog(
                sign * aim, A_eq=np.array(rows), b_eq=sums, bounds=(0, None)
            )
            for sign in (1, -1)
        )
        top = np.inf if high.status == 3 else -high.fun
        found.append((int(cell), float(low.fun), float(top)))
    return found


@pytest.mark.parametrize(
    ("table", "counts", "key"),
    [
        (
            "persona_products",
            "int_persona_product_counts",
            ["level", "category", "subcategory"],
        ),
        (
            "persona_channels",
            "int_persona_channel_counts",
            ["channel_kind", "channel"],
        ),
        (
            "persona_journey",
            "int_persona_journey_counts",
            ["first_touch", "middle_touch", "last_touch"],
        ),
    ],
)
def test_no_count_of_a_few_customers_can_be_worked_out(
    demo: Home, table: str, counts: str, key: list[str]
):
    """Not from what is shown, nor from what the whole company did."""
    keys = ["persona_id", *key]
    shown = demo.frame(f"from marts.{table}").set_index(keys)
    exact = demo.frame(f"from intermediate.{counts}").set_index(keys)
    exact = exact.loc[shown.index]
    is_shown = shown["count_customers"].notna()
    told = shown["count_customers"][is_shown].astype(float)
    assert ((told == 0) | (told >= FLOOR)).all()
    assert (told == exact["count_customers"][is_shown]).all()
    # Of a product or a channel, who has nothing of it is counted too.
    known = {
        "persona_products": "count_buyers",
        "persona_channels": "count_known",
    }
    few = 0
    for _, own in exact.groupby(key):
        here = is_shown[own.index].to_numpy()
        count = own["count_customers"].to_numpy(dtype=float)
        is_few = (count > 0) & (count < FLOOR)
        if table in known:
            without = own[known[table]].to_numpy(dtype=float) - count
            is_few |= (count > 0) & (without > 0) & (without < FLOOR)
        assert not (is_few & here).any()
        if not here.any() or here.all():
            continue
        every = np.ones(len(own), dtype=bool)
        for cell, low, high in bounds(here, count, [every]):
            if is_few[cell]:
                few += 1
                assert low < count[cell] < high
    assert few > 0


@pytest.mark.parametrize(
    ("table", "counts", "key", "whole"),
    [
        (
            "persona_products",
            "int_persona_product_counts",
            ["level", "category", "subcategory"],
            ["level"],
        ),
        (
            "persona_channels",
            "int_persona_channel_counts",
            ["channel_kind", "channel"],
            ["channel_kind"],
        ),
        (
            "persona_journey",
            "int_persona_journey_counts",
            ["first_touch", "middle_touch", "last_touch"],
            [],
        ),
    ],
)
def test_no_amount_of_a_few_people_can_be_worked_out(
    demo: Home, table: str, counts: str, key: list[str], whole: list[str]
):
    """Not from the totals of a persona, nor from those of a group."""
    keys = ["persona_id", *key]
    shown = demo.frame(f"from marts.{table}").set_index(keys)
    exact = demo.frame(f"from intermediate.{counts}").set_index(keys)
    exact = exact.loc[shown.index].reset_index()
    is_shown = shown["net_amount"].notna().to_numpy()
    few = (exact["count_people"] > 0) & (exact["count_people"] < FLOOR)
    if table == "persona_channels":
        is_order = (exact["channel_kind"] != "session").to_numpy()
        exact, is_shown, few = (one[is_order] for one in (exact, is_shown, few))
    assert not (is_shown & few.to_numpy()).any()
    hidden = ~is_shown & (exact["count_people"] > 0).to_numpy()
    rows = _lines(exact, key, whole, is_shown, hidden)
    if not hidden.any():
        return
    matrix = np.array(rows)
    for place in np.flatnonzero(few.to_numpy()[hidden]):
        aim = np.zeros(matrix.shape[1])
        aim[place] = 1
        weights, *_ = np.linalg.lstsq(matrix.T, aim, rcond=None)
        assert np.abs(matrix.T @ weights - aim).max() > 1e-6


def _lines(
    exact: pd.DataFrame,
    key: list[str],
    whole: list[str],
    is_shown: np.ndarray,
    hidden: np.ndarray,
) -> list[np.ndarray]:
    """Return which hidden cells each known total has in it."""
    places = pd.Series(np.arange(len(exact)), exact.index)
    rows = []
    for by, needs_one in (
        (["persona_id", *whole], False),
        (key, True),
    ):
        for _, own in places.groupby([exact[name] for name in by]):
            line = np.isin(places, own)
            # The company's total of a group is told by who is shown.
            if needs_one and not (line & is_shown).any():
                continue
            rows.append(line[hidden].astype(float))
    if "subcategory" in exact:
        for (_, _), own in places.groupby(
            [exact["persona_id"], exact["category"]]
        ):
            line = np.isin(places, own).astype(float)
            line *= np.where(exact["level"] == "category", -1, 1)
            rows.append(line[hidden])
    return rows


def test_cohorts_show_ages_without_a_gap_and_never_a_few(demo: Home):
    for table in ("persona_cohorts", "persona_cohorts_today"):
        shown = demo.frame(f"from marts.{table}")
        assert len(shown)
        idle = shown["count_customers"] - shown["active_customers"]
        assert (shown["active_customers"] >= FLOOR).all()
        assert ((idle == 0) | (idle >= FLOOR)).all()
        for _, own in shown.groupby(["persona_id", "cohort_start"]):
            ages = sorted(own["months_since"])
            step = own["age_months"].iloc[0]
            assert ages == list(range(0, len(ages) * step, step))


def test_a_cohort_does_not_give_away_a_month_of_the_scorecard(demo: Home):
    """What a cohort counts beyond the months that are shown is no few."""
    for basis, table, months in (
        ("month", "persona_cohorts", "persona_kpis_monthly"),
        ("today", "persona_cohorts_today", "persona_kpis_monthly_today"),
    ):
        rest = demo.frame(
            f"""
            with exact as (
                select persona_id, month, new_customers
                from intermediate.int_persona_months
                where persona_basis = '{basis}' and new_customers > 0
            )
            select
                cohorts.persona_id,
                cohorts.cohort_start,
                any_value(cohorts.is_whole) as is_whole,
                any_value(cohorts.count_customers)
                - coalesce(sum(shown.new_customers), 0) as beyond,
                count(*) filter (shown.new_customers is null) as hidden_months
            from marts.{table} as cohorts
            inner join exact
                on cohorts.persona_id = exact.persona_id
                and exact.month >= cohorts.cohort_start
                and exact.month < cohorts.cohort_start
                    + to_months(cohorts.cohort_months)
            inner join marts.{months} as shown
                on exact.persona_id = shown.persona_id
                and exact.month = shown.month
            where cohorts.months_since = 0
            group by cohorts.persona_id, cohorts.cohort_start
            """
        )
        assert len(rest)
        is_part = ~rest["is_whole"] | (rest["hidden_months"] == 0)
        assert (rest["beyond"][is_part] == 0).all()
        assert (rest["beyond"][~is_part] >= FLOOR).all()
        assert (rest["hidden_months"][~is_part] > 1).all()


# -- what is said ------------------------------------------------------------


def test_the_planted_favourites_are_found(demo: Home):
    """Most personas overbuy something, and no interval leaves out its lift."""
    shown = demo.frame("from marts.persona_products where lift is not null")
    said = shown[shown["is_claim"] & (shown["lift"] > 1)]
    people = set(shown["persona_id"])
    assert len(set(said["persona_id"])) >= len(people) - 1
    assert (said["lift_low"] > 1).all()
    assert "unassigned" not in people
    for table in ("persona_channels", "persona_journey"):
        other = demo.frame(f"from marts.{table} where lift is not null")
        assert len(other)
        assert (other["lift_low"] <= other["lift"]).all()
        assert (other["lift_high"].fillna(np.inf) >= other["lift"]).all()


def test_money_has_its_currency(demo: Home):
    for table in (
        *("persona_cohorts", "persona_cohorts_today", "persona_products"),
        *("persona_channels", "persona_journey"),
    ):
        found = demo.published(f"select distinct currency from bi.{table}")
        assert found == [("USD",)]
