"""Campaigns in the warehouse: counted right, once, and told without a few."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from homes import Home
from recomputed import Recomputed, cents

from ml.campaign_effect import BY_MATCHING
from ml.campaign_effect import judge_campaigns as judge
from ml.evidence import FLOOR
from ml.synthetic import SampleCompany, planted_personas_today
from orchestration.lib.campaigns import build_campaign_effects

WINDOW = pd.Timedelta(days=14)
SUMS = [
    "count_customers",
    "count_converted",
    "count_orders",
    "sum_squared_orders",
    "sum_net_amount",
    "sum_squared_net_amount",
    "sum_costed_net_amount",
    "sum_margin_amount",
    "sum_squared_margin_amount",
]
VERDICTS = {"works", "does not", "harms", "not enough data"}


def test_arms_are_as_recomputed_from_the_delivered_rows(
    built: Home, company: SampleCompany
) -> None:
    told = built.frame("from intermediate.int_campaign_arms")
    personas = built.frame(
        "select customer_id, persona_id, month_end "
        "from marts.customer_persona_months where is_in_force"
    )
    expected = recomputed_arms(Recomputed.of(company), personas)
    key = ["campaign_id", "persona_id", "arm"]
    told, expected = (
        frame.set_index(key).sort_index() for frame in (told, expected)
    )
    assert list(told.index) == list(expected.index)
    for name in SUMS:
        np.testing.assert_allclose(
            told[name].to_numpy(dtype=float),
            expected[name].to_numpy(dtype=float),
            rtol=1e-9,
            atol=1e-6,
            err_msg=name,
        )
    assert told["is_window_complete"].all()
    assert told["count_customers"].sum() > 3_000


def recomputed_arms(known: Recomputed, personas: pd.DataFrame) -> pd.DataFrame:
    """Return the arms, written from the definitions."""
    touches = known.tables["campaign_touches"]
    touches = touches.sort_values(["touched_at", "touch_id"])
    touches = touches.drop_duplicates(["campaign_id", "customer_id"]).copy()
    touches["customer_id"] = touches["customer_id"].astype("int64")
    # The sample company's campaigns lie further apart than a window.
    apart = touches.groupby("customer_id")["touched_at"].diff().dropna()
    assert apart.min() > WINDOW

    touches["before"] = touches["touched_at"].dt.to_period(
        "M"
    ).dt.start_time.astype("datetime64[us]") - pd.Timedelta(days=1)
    personas = personas.assign(
        customer_id=personas["customer_id"].astype("int64"),
        month_end=personas["month_end"].astype("datetime64[us]"),
    )
    touches = pd.merge_asof(
        touches.sort_values("before"),
        personas.sort_values("month_end"),
        left_on="before",
        right_on="month_end",
        by="customer_id",
    )
    touches["persona_id"] = touches["persona_id"].fillna("unassigned")
    touches["arm"] = np.where(touches["is_held_out"], "held_out", "treated")
    touches["campaign_id"] = touches["campaign_id"].astype(str)

    orders = with_margin(known)
    orders["customer_id"] = orders["customer_id"].astype("int64")
    both = touches.merge(orders, on="customer_id", suffixes=("", "_order"))
    inside = both["ordered_at"].between(
        both["touched_at"], both["touched_at"] + WINDOW, inclusive="left"
    )
    bought = (
        both[inside]
        .groupby("touch_id")
        .agg(
            orders=("order_id", "size"),
            net=("net", "sum"),
            costed=("costed", "sum"),
            margin=("margin", "sum"),
        )
    )
    touches = touches.join(bought, on="touch_id").fillna(
        {"orders": 0, "net": 0, "costed": 0, "margin": 0}
    )
    counted = pd.DataFrame(
        {
            **{
                key: touches[key]
                for key in ("campaign_id", "persona_id", "arm")
            },
            "count_customers": 1,
            "count_converted": touches["orders"] > 0,
            "count_orders": touches["orders"],
            "sum_squared_orders": touches["orders"] ** 2,
            "sum_net_amount": touches["net"],
            "sum_squared_net_amount": touches["net"] ** 2,
            "sum_costed_net_amount": touches["costed"],
            "sum_margin_amount": touches["margin"],
            "sum_squared_margin_amount": touches["margin"] ** 2,
        }
    )
    return (
        counted.groupby(["campaign_id", "persona_id", "arm"])
        .sum()
        .reset_index()
    )


def with_margin(known: Recomputed) -> pd.DataFrame:
    """Return the purchases with net amount and margin, in whole money."""
    lines = known.tables["order_lines"].merge(
        known.tables["products"][["product_id", "unit_cost"]],
        on="product_id",
        how="left",
    )
    is_costed = lines["unit_cost"].notna() & (
        lines["line_type"] != "adjustment"
    )
    lines = lines.assign(
        gross_part=lines["amount"].where(is_costed & lines["is_sale"], 0),
        net_part=(
            lines["amount"].where(lines["is_sale"], lines["amount"])
            - lines["discount"]
        ).where(is_costed, 0),
        cost=(lines["quantity"] * lines["unit_cost"] * 100).where(is_costed, 0),
    )
    by_order = lines.groupby("order_id")[["gross_part", "net_part", "cost"]]
    sums = by_order.sum().reindex(known.tables["orders"]["order_id"])
    orders = known.tables["orders"].reset_index(drop=True)
    sums = sums.reset_index(drop=True).fillna(0)
    on_order = cents(orders["discount_amount"])
    share = (
        sums["gross_part"] / orders["gross"].where(orders["gross"] > 0)
    ).fillna(0)
    costed = sums["net_part"] - on_order * share
    orders = orders.assign(
        net=(orders["gross"] - orders["discount"] - orders["returned"]) / 100,
        costed=costed / 100,
        margin=(costed - sums["cost"]) / 100,
    )
    is_purchase = orders["is_counted"] & (orders["gross"] > 0)
    return orders[is_purchase & orders["customer_id"].notna()]


def compiled(home: Home, model: str) -> str:
    """Return the SQL of a model as dbt ran it."""
    found = list(
        (home.settings.dbt_target / "compiled").rglob(f"**/{model}.sql")
    )
    return found[0].read_text()


class SmallWarehouse:
    """The campaign models on made-up touches and orders, in memory."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.connection = duckdb.connect()
        self.connection.execute(
            "attach ':memory:' as warehouse; "
            "create schema warehouse.input_layer; "
            "create schema warehouse.intermediate; "
            "create schema warehouse.marts; "
            "create table warehouse.intermediate.int_as_of_date as "
            "select date '2026-06-30' as as_of_date; "
            "create table warehouse.intermediate.int_currency as "
            "select 'EUR' as currency; "
            "create table warehouse.intermediate.int_campaign_spend "
            "(campaign_id varchar, spend_amount decimal(18, 4)); "
            "create table warehouse.intermediate.int_customer_segments "
            "(customer_id varchar, persona_basis varchar, "
            "persona_id varchar, from_month date, to_month date); "
            "create table warehouse.input_layer.input_layer__campaigns "
            "(campaign_id varchar, channel varchar)"
        )

    def arms(self, touches: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
        """Return the arms of the touches."""
        run = self.connection.execute
        self.connection.register("touches", touches)
        self.connection.register("orders", orders)
        run(
            "create or replace table "
            "warehouse.input_layer.input_layer__campaign_touches as "
            "select cast(touch_id as varchar) as touch_id, campaign_id, "
            "cast(customer_id as varchar) as customer_id, touched_at, "
            "is_held_out from touches"
        )
        run(
            "create or replace table warehouse.marts.orders as "
            "select cast(customer_id as varchar) as customer_id, ordered_at, "
            "true as is_purchase, cast(10 as decimal(18, 4)) as net_amount, "
            "cast(10 as decimal(18, 4)) as costed_net_amount, "
            "cast(4 as decimal(18, 4)) as cost_amount from orders"
        )
        for model in ("int_campaign_touches", "int_campaign_arms"):
            run(
                f"create or replace table warehouse.intermediate.{model} as "
                + compiled(self.home, model)
            )
        return run("from warehouse.intermediate.int_campaign_arms").df()


def some_touches(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw overlapping campaigns, repeated touches and ties among them."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2026-03-01 09:00")
    count = 4_000
    touches = pd.DataFrame(
        {
            "touch_id": np.arange(count),
            "campaign_id": rng.choice(list("ABCDEF"), count),
            "customer_id": rng.integers(0, 600, count),
            "touched_at": start
            + pd.to_timedelta(rng.integers(0, 60, count) * 12, unit="h"),
            "is_held_out": rng.random(count) < 0.4,
        }
    )
    orders = pd.DataFrame(
        {
            "customer_id": rng.integers(0, 600, 5_000),
            "ordered_at": start
            + pd.to_timedelta(rng.integers(0, 90 * 24, 5_000), unit="h"),
        }
    )
    return touches, orders


@pytest.mark.parametrize("seed", range(3))
def test_overlapping_campaigns_count_a_purchase_once(
    built: Home, seed: int
) -> None:
    touches, orders = some_touches(seed)
    arms = SmallWarehouse(built).arms(touches, orders)

    # Every purchase belongs to the last touch before it, or to none.
    firsts = touches.sort_values(["touched_at", "touch_id"]).drop_duplicates(
        ["campaign_id", "customer_id"]
    )
    # Of touches at one moment the campaign with the last name comes last.
    firsts = firsts.sort_values(["touched_at", "campaign_id"])
    last = pd.merge_asof(
        orders.sort_values("ordered_at"),
        firsts,
        left_on="ordered_at",
        right_on="touched_at",
        by="customer_id",
    )
    counted = last[last["ordered_at"] - last["touched_at"] < WINDOW]
    expected = counted.assign(
        arm=np.where(counted["is_held_out"] == True, "held_out", "treated")  # noqa: E712
    ).groupby(["campaign_id", "arm"])
    told = arms.groupby(["campaign_id", "arm"])
    assert told["count_orders"].sum().to_dict() == expected.size().to_dict()
    assert told["count_converted"].sum().to_dict() == (
        expected["customer_id"].nunique().to_dict()
    )
    assert arms["count_orders"].sum() == len(counted) < len(orders)
    assert arms["sum_net_amount"].sum() == 10 * len(counted)
    assert arms["count_customers"].sum() == len(firsts)
    assert arms["count_cut_short"].sum() > 500


def test_the_rule_favours_neither_arm_where_campaigns_overlap(
    built: Home,
) -> None:
    """A does nothing, B much: held out from one, people may be in the other."""
    rng = np.random.default_rng(4)
    count = 60_000
    start = pd.Timestamp("2026-03-01")
    customer = np.arange(count)
    in_b = rng.random(count) < 0.6
    held_out_of_b = rng.random(count) < 0.4
    b_day = rng.integers(2, 10, count)
    both = [
        (
            customer,
            np.full(count, "A"),
            np.zeros(count),
            rng.random(count) < 0.3,
        ),
        (
            customer[in_b],
            np.full(in_b.sum(), "B"),
            b_day[in_b],
            held_out_of_b[in_b],
        ),
    ]
    touches = pd.concat(
        [
            pd.DataFrame(
                {
                    "campaign_id": name,
                    "customer_id": who,
                    "touched_at": start + pd.to_timedelta(day, unit="D"),
                    "is_held_out": held_out,
                }
            )
            for who, name, day, held_out in both
        ],
        ignore_index=True,
    ).assign(touch_id=lambda frame: frame.index)
    base = rng.random(count) < 0.4
    won = in_b & ~held_out_of_b & (rng.random(count) < 0.15)
    orders = pd.DataFrame(
        {
            "customer_id": np.concatenate([customer[base], customer[won]]),
            "day": np.concatenate(
                [rng.uniform(0, 28, base.sum()), b_day[won] + 3.0]
            ),
        }
    )
    orders["ordered_at"] = start + pd.to_timedelta(orders["day"], unit="D")
    arms = SmallWarehouse(built).arms(touches, orders)
    found = judge(
        arms,
        pd.DataFrame(
            columns=["campaign_id", "persona_id", "stratum", "arm", *SUMS]
        ),
        pd.DataFrame({"campaign_id": []}),
        smallest_relevant_lift=0.02,
    ).totals.set_index("campaign_id")
    assert found.loc["A", "p_value"] > 0.001
    assert abs(found.loc["A", "lift"]) < 0.012
    assert found.loc["B", "verdict"] == "works"
    # Who would buy anyway, 0.2 in 14 days of 28, cannot be won again.
    assert found.loc["B", "lift"] == pytest.approx(0.15 * 0.8, abs=0.012)


def test_an_open_window_is_counted_as_open_alone(built: Home) -> None:
    touches, orders = some_touches(9)
    late = touches.assign(
        touched_at=touches["touched_at"] + pd.Timedelta(days=100)
    )
    orders["ordered_at"] += pd.Timedelta(days=100)
    arms = SmallWarehouse(built).arms(late, orders)
    ends = pd.Timestamp("2026-07-01")
    firsts = late[late["touched_at"] < ends]
    firsts = firsts.sort_values(["touched_at", "touch_id"]).drop_duplicates(
        ["campaign_id", "customer_id"]
    )
    is_open = (firsts["touched_at"] + WINDOW).dt.normalize() >= ends
    assert 0 < is_open.sum() < len(firsts)
    assert arms["count_open_windows"].sum() == is_open.sum()
    assert arms["count_customers"].sum() == (~is_open).sum()
    assert not arms["is_window_complete"].all()


def test_published_campaigns_show_no_small_cell(built: Home) -> None:
    rows = built.published(
        "select verdict, count_treated, count_held_out, lift, "
        "count_treated_converted, count_compared_converted, "
        "has_hidden_counts, has_hidden_figures from bi.campaign_lift"
    )
    assert len(rows) > 50
    for row in rows:
        verdict, treated, held_out, lift, bought, compared = row[:6]
        assert verdict in VERDICTS
        assert row[6] == (treated is None)
        assert treated is None or treated >= FLOOR
        assert held_out in (None, 0) or held_out >= FLOOR
        if row[7]:
            assert (lift, bought, compared) == (None, None, None)
        if lift is not None:
            assert min(bought, treated - bought) >= FLOOR
            assert min(compared, held_out - compared) >= FLOOR


def test_the_planted_harm_is_called_harms(
    built: Home, company: SampleCompany
) -> None:
    found = built.frame(
        "select cast(customer_id as integer) as customer_id, persona_id "
        "from marts.customer_personas where persona_id <> 'unassigned'"
    ).merge(planted_personas_today(company), on="customer_id")
    busy = found[found["persona"] == "busy_families"]
    persona_id = busy["persona_id"].mode()[0]
    rows = built.published(
        "select persona_id from bi.campaign_lift "
        "where campaign_id = 'C08' and verdict = 'harms'"
    )
    assert rows == [(persona_id,)]


def test_every_campaign_is_told_with_its_money(built: Home) -> None:
    rows = built.published(
        "select campaign_id, evidence, verdict, verdict_reason, "
        "spend_amount, currency from bi.campaigns order by campaign_id"
    )
    assert [row[0] for row in rows] == [f"C{n:02d}" for n in range(1, 12)]
    spent = built.rows(
        "select campaign_id, sum(amount) "
        "from input_layer.input_layer__marketing_spend "
        "where campaign_id <> 'none' group by 1 order by 1"
    )
    assert [(row[0], row[4]) for row in rows] == spent
    assert {row[5] for row in rows} == {"USD"}
    by_id = {row[0]: row for row in rows}
    # Money was spent on C03, and nobody knows who saw it.
    assert by_id["C03"][1:3] == (None, "not enough data")
    assert by_id["C03"][3] == "Nobody is known to have been touched."
    assert {row[1] for row in rows} == {"randomised", None}


def test_held_out_customers_were_like_the_treated(built: Home) -> None:
    rows = built.published(
        "select count(*), count(*) filter (not is_balanced), "
        "count(distinct campaign_id) from bi.campaign_balance"
    )
    count, unlike, campaigns = rows[0]
    assert campaigns == 10
    assert unlike <= 0.03 * count


@pytest.fixture(scope="module")
def without_held_out(
    built: Home, tmp_path_factory: pytest.TempPathFactory
) -> Home:
    """Return a copy of the built home in which C08 held out nobody."""
    folder = tmp_path_factory.mktemp("unheld") / "home"
    folder.mkdir()
    home = Home(replace(built.settings, home=folder))
    shutil.copytree(built.settings.dbt_target, home.settings.dbt_target)
    shutil.copy(built.settings.warehouse_path, home.settings.warehouse_path)
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.execute(
            "delete from input_layer.input_checks__campaign_touches "
            "where campaign_id = 'C08' and is_held_out"
        )
    home.dbt_build("--select", "int_campaign_touches+", "int_campaign_spend+")
    build_campaign_effects(home.settings)
    home.dbt_build("--select", "campaign_lift", "campaigns", "campaign_balance")
    return home


@pytest.mark.slow
def test_a_campaign_without_held_out_customers_is_observational(
    without_held_out: Home,
) -> None:
    home = without_held_out
    assert home.rows(
        "select campaign_id from marts.campaigns "
        "where evidence = 'observational'"
    ) == [("C08",)]
    row = home.rows(
        "select verdict, verdict_reason, count_treated, count_held_out, "
        "count_matched, lift from marts.campaigns where campaign_id = 'C08'"
    )[0]
    assert row[2] > 200
    assert row[3] == 0
    if row[5] is not None:
        assert row[4] > row[2]
        assert row[1].endswith(BY_MATCHING)
    else:
        assert row[0] == "not enough data"
    assert {
        verdict
        for (verdict,) in home.rows(
            "select verdict from marts.campaign_lift where campaign_id = 'C08'"
        )
    } <= VERDICTS


def test_those_who_are_compared_were_known_and_not_touched(
    without_held_out: Home,
) -> None:
    home = without_held_out
    cohort = home.frame(
        "select cohorts.*, customers.registered_at, customers.first_order_date "
        "from intermediate.int_campaign_cohorts as cohorts "
        "inner join marts.customers using (customer_id) "
        "where campaign_id = 'C08'"
    )
    touched = home.frame(
        "select distinct customer_id from "
        "input_layer.input_layer__campaign_touches where campaign_id = 'C08'"
    )
    compared = cohort[cohort["arm"] == "compared"]
    assert not compared["customer_id"].isin(touched["customer_id"]).any()
    known = compared[["registered_at", "first_order_date"]].min(axis=1)
    assert (known < compared["touched_at"]).all()
    assert set(compared["touched_at"]) <= set(
        cohort.loc[cohort["arm"] == "treated", "touched_at"]
    )
    balance = home.frame(
        "from marts.campaign_balance where campaign_id = 'C08'"
    ).set_index("covariate")
    assert (
        balance["difference_after"].abs().max()
        < balance["difference_before"].abs().max()
    )


def test_what_is_known_of_a_customer_lies_before_the_touch(
    built: Home, company: SampleCompany
) -> None:
    cohort = built.frame(
        "select customer_id, touched_at, orders_last_year, "
        "orders_last_30_days, months_since_order, sessions_last_year "
        "from intermediate.int_campaign_cohorts"
    )
    known = Recomputed.of(company)
    orders = with_margin(known)[["customer_id", "ordered_at"]].astype(
        {"customer_id": "int64"}
    )
    cohort["customer_id"] = cohort["customer_id"].astype("int64")
    both = cohort.reset_index().merge(orders, on="customer_id")
    month = both["touched_at"].dt.to_period("M").dt.start_time
    ago = both["touched_at"] - both["ordered_at"]
    is_last_year = (both["ordered_at"] < month) & (
        both["ordered_at"] >= month - pd.DateOffset(months=12)
    )
    for name, inside in (
        ("orders_last_year", is_last_year),
        (
            "orders_last_30_days",
            ago.between(pd.Timedelta(0), pd.Timedelta(days=30), "right"),
        ),
    ):
        counts = both[inside].groupby("index").size()
        expected = np.log1p(counts.reindex(cohort.index, fill_value=0))
        np.testing.assert_allclose(cohort[name], expected, err_msg=name)
    before = ago[ago > pd.Timedelta(0)].groupby(both["index"]).min()
    months = before.dt.total_seconds() / 2629800
    expected = months.reindex(cohort.index).fillna(36).clip(upper=36)
    np.testing.assert_allclose(
        cohort["months_since_order"], expected, atol=1e-6
    )


def test_judging_again_writes_the_same_tables(
    without_held_out: Home, tmp_path: Path
) -> None:
    home = without_held_out

    def written() -> list[tuple[object, ...]]:
        return home.rows(
            "select * from ml.campaign_effects order by campaign_id, persona_id"
        )

    before = written()
    counts = build_campaign_effects(home.settings)
    assert written() == before or str(written()) == str(before)
    assert counts["campaign_effects"] == len(before) > 50
