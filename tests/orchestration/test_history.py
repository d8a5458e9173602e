"""The time machine: who was which persona when, as known then and today."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from homes import Home

from ml.persona_model import score
from ml.scaling import apply_scaling
from orchestration.lib.models import read_model_in_force
from orchestration.lib.settings import Settings, project_vars

MONTHS = "intermediate.int_customer_persona_months"
TABLES = (
    "marts.customer_persona_history",
    "marts.customer_moves",
    "marts.persona_sizes_monthly",
    "marts.persona_moves",
    "marts.persona_drift",
    "marts.persona_drift_features",
)
MOVES = "intermediate.int_customer_moves"
EARLIER, TODAY = date(2026, 3, 31), date(2026, 6, 30)
FEBRUARY = date(2026, 2, 28)


@pytest.fixture(scope="module")
def months(built: Home) -> pd.DataFrame:
    return built.frame(f"from {MONTHS} order by customer_id, month_end")


# -- what is told -----------------------------------------------------------


def test_every_buyer_is_told_of_at_every_month_end(built: Home):
    """From the month of the first purchase on, none left out."""
    assert built.rows(
        "with bought as ("
        "  select customer_id, last_day(min(ordered_at)) as first_month_end"
        "  from marts.orders where is_counted and is_purchase"
        "  and customer_id is not null group by 1), "
        "ends as (select distinct month_end from marts.persona_moves) "
        "select month_end, count(*) from bought inner join ends "
        "on first_month_end <= month_end group by 1 order by 1"
    ) == built.rows(
        f"select month_end, count(*) from {MONTHS} "
        "where month_end in (select month_end from marts.persona_moves) "
        "group by 1 order by 1"
    )


def test_the_nearest_persona_of_the_last_month_is_todays(built: Home):
    found = built.rows(
        "select count(*), count(*) filter (where today.persona_id "
        "<> months.raw_persona_id or abs(today.confidence - months.confidence)"
        f" > 1e-9) from {MONTHS} as months "
        "inner join marts.customer_personas as today using (customer_id) "
        "where months.month_end = today.as_of_date"
    )
    assert found[0][0] > 1_800
    assert found[0][1] == 0


def test_who_is_on_the_border_stays_where_they_were(
    built: Home, months: pd.DataFrame
):
    """The settled persona, told anew from the raw one, customer by customer."""
    margin = project_vars()["persona_margin"]
    orders = built.frame(
        "select customer_id, month_end, window_orders "
        "from marts.customer_features_monthly"
    )
    rows = months.merge(orders, on=["customer_id", "month_end"])
    assert len(rows) == len(months)
    expected, settled, moves = [], [], []
    customer = persona = None
    is_settled = False
    for row in rows.itertuples(index=False):
        if row.customer_id != customer:
            customer, persona, is_settled = row.customer_id, None, False
        was, was_settled = persona, is_settled
        is_recent = not pd.isna(row.recent_persona_id)
        is_sure = (
            is_recent or pd.isna(row.confidence) or row.confidence >= margin
        )
        seen = row.recent_persona_id if is_recent else row.raw_persona_id
        if is_sure and row.window_orders >= 3 and seen != "unassigned":
            is_settled = True
        if is_sure or not is_settled:
            persona = seen
        expected.append(persona)
        settled.append(is_settled)
        moves.append(was_settled and was != persona)
    assert rows["persona_id"].tolist() == expected
    assert rows["is_settled"].tolist() == settled
    assert rows["is_move"].tolist() == moves
    assert (rows["persona_id"] != rows["raw_persona_id"]).sum() > 0
    assert 0 < sum(moves) < len(rows) / 20


class HalfAWindow(Settings):
    """Settings by which half as many months are looked back on."""

    def dbt_vars(self) -> dict[str, Any]:
        months = project_vars()["window_months"] // 2
        return super().dbt_vars() | {"window_months": months}


@pytest.mark.slow
def test_on_the_border_the_last_half_of_the_window_decides(
    built: Home, months: pd.DataFrame, tmp_path: Path
):
    """As a window of half the length would say, scored in Python."""
    home = Home(HalfAWindow(**vars(built.settings) | {"home": tmp_path / "h"}))
    shutil.copytree(built.settings.home, home.settings.home)
    home.dbt_build(
        *("--select", "int_history_months", "customer_features_monthly"),
        *("--resource-type", "model"),
    )
    lately = home.frame("from marts.customer_features_monthly")
    in_force = read_model_in_force(built.settings)
    assert in_force is not None
    found = score(lately, in_force[1]).assign(month_end=lately["month_end"])
    margin = project_vars()["persona_margin"]
    is_sure = (found["confidence"] >= margin) & (lately["window_orders"] >= 3)
    rows = months.merge(
        found[is_sure][["customer_id", "month_end", "persona_id"]],
        on=["customer_id", "month_end"],
        how="left",
        suffixes=("", "_lately"),
    )
    on_border = rows["confidence"] < margin
    expected = rows["persona_id_lately"].where(on_border)
    assert rows["recent_persona_id"].fillna("").tolist() == (
        expected.fillna("").tolist()
    )
    is_other = expected.notna() & (expected != rows["raw_persona_id"])
    assert 20 < is_other.sum() < on_border.sum() < len(rows) / 4


def test_stays_are_the_months_without_gap_or_overlap(
    built: Home, months: pd.DataFrame
):
    told = built.frame(
        "select months.customer_id, months.month_end, history.persona_id "
        f"from {MONTHS} as months "
        "inner join marts.customer_persona_history as history "
        "on months.customer_id = history.customer_id "
        "and months.model_run_id = history.model_run_id "
        "and history.valid_from <= months.month_end "
        "and (history.valid_to is null or history.valid_to > months.month_end) "
        "order by months.customer_id, months.month_end"
    )
    assert told["persona_id"].tolist() == months["persona_id"].tolist()
    assert built.rows(
        "select count(*) from (select persona_id = lag(persona_id) over "
        "(partition by customer_id, model_run_id order by valid_from) as same "
        "from marts.customer_persona_history) where same"
    ) == [(0,)]


def test_moves_are_an_account_of_all_customers(built: Home):
    """Who was in a persona is in one a month later, or in none any more."""
    found = built.rows(
        "with sizes as (select month_end, to_persona_id as persona_id, "
        "sum(count_customers) as count_customers "
        "from marts.persona_moves group by all), "
        "left_over as (select last_day(month_end - interval 1 month) "
        "as month_end, from_persona_id as persona_id, "
        "sum(count_customers) as count_customers "
        "from marts.persona_moves where from_persona_id <> 'new' group by all) "
        "select count(*), count(*) filter (where sizes.count_customers "
        "is distinct from left_over.count_customers) "
        "from sizes full join left_over using (month_end, persona_id) "
        "where month_end < (select max(month_end) from sizes)"
    )
    assert found[0][0] > 200
    assert found[0][1] == 0


def compared_months(home: Home) -> pd.DataFrame:
    """Return every move with the month it is compared with, told anew."""
    months = home.frame(
        f"from {MONTHS} order by model_run_id, customer_id, month_end"
    )
    moves = []
    stay: list[tuple[float, pd.Timestamp]] = []
    for row in months.itertuples(index=False):
        if row.is_move:
            moves.append((row.customer_id, row.model_run_id, row.month_end))
            moves[-1] += (row.previous_persona_id, row.persona_id, max(stay)[1])
        if row.persona_id != row.previous_persona_id:
            stay = []
        sure = 1.0 if pd.isna(row.confidence) else row.confidence
        is_nearest = row.persona_id == row.raw_persona_id
        stay.append((sure if is_nearest else -1.0, row.month_end))
    names = ["customer_id", "model_run_id", "month_end", "from_persona_id"]
    return pd.DataFrame(
        moves, columns=[*names, "to_persona_id", "compared_with"]
    )


def largest_parts(
    move: pd.Series,
    known: pd.DataFrame,
    features: pd.DataFrame,
    places: pd.DataFrame,
) -> list[tuple[str, float, float, float]]:
    """Return up to three features of a move: share, before and after."""
    if {move["from_persona_id"], move["to_persona_id"]} - set(places.index):
        return []
    rows = known.loc[[move["compared_with"], move["month_end"]]]
    before, after = apply_scaling(rows, features)
    (old, old_spread), (new, new_spread) = (
        places.loc[move[f"{one}_persona_id"]].to_numpy().T
        for one in ("from", "to")
    )
    parts = ((after - old) / old_spread) ** 2 - (
        (before - old) / old_spread
    ) ** 2
    parts -= ((after - new) / new_spread) ** 2 - (
        (before - new) / new_spread
    ) ** 2
    if (new_spread == old_spread).all() and (old_spread == 1).all():
        assert np.allclose(parts, 2 * (after - before) * (new - old))
    speaking = np.maximum(parts, 0.0)
    largest = np.argsort(-parts, kind="stable")[:3]
    return [
        (name, speaking[one] / speaking.sum(), *rows[name])
        for one in largest
        if (name := features["feature"][one]) and parts[one] > 0
    ]


def assert_moves_have_their_reasons(home: Home) -> pd.DataFrame:
    """Compare marts.customer_moves with what numpy says of each of its rows."""
    told_moves = home.frame(
        "from marts.customer_moves "
        "order by model_run_id, customer_id, month_end"
    )
    expected = compared_months(home)
    assert told_moves[expected.columns].equals(expected)
    known = home.frame(
        "from marts.customer_features_monthly where customer_id in "
        "(select customer_id from marts.customer_moves)"
    ).set_index(["customer_id", "month_end"])
    features = home.frame("from ml.model_features order by position")
    places = home.frame(
        "select model_run_id, persona_id, centroid_value, spread "
        "from ml.model_centroids inner join ml.model_clusters "
        "using (model_run_id, cluster_id) where persona_id is not null "
        "order by position"
    ).set_index(["model_run_id", "persona_id"])
    of_model = {
        model: rows.reset_index(drop=True)
        for model, rows in features.groupby("model_run_id")
    }
    for _, move in told_moves.iterrows():
        model = move["model_run_id"]
        reasons = largest_parts(
            move,
            known.loc[move["customer_id"]],
            of_model[model],
            places.loc[model],
        )
        for place in range(3):
            told_one = [
                move[f"feature_{place + 1}{part}"]
                for part in ("", "_share", "_before", "_after")
            ]
            if place >= len(reasons):
                assert all(pd.isna(one) for one in told_one)
                continue
            feature, *figures = reasons[place]
            assert told_one[0] == feature
            assert np.allclose(
                np.array(told_one[1:], dtype=float),
                np.array(figures, dtype=float),
                equal_nan=True,
            )
    return told_moves


def test_every_move_has_the_three_features_that_count_most(built: Home):
    moves = assert_moves_have_their_reasons(built)
    placed = moves[moves["feature_1"].notna()]
    assert len(placed) > 20
    assert set(
        moves.loc[
            moves["feature_1"].isna(), ["from_persona_id", "to_persona_id"]
        ]
        .eq("unassigned")
        .any(axis=1)
    ) <= {True}
    shares = placed[[f"feature_{place}_share" for place in (1, 2, 3)]]
    assert (shares.fillna(0).sum(axis=1) <= 1 + 1e-9).all()
    assert (shares["feature_1_share"] >= shares["feature_2_share"]).all()


def test_published_sizes_give_no_small_group_back(built: Home):
    """Those that are hidden are more than one, or none, and 11 together."""
    exact = built.frame(
        "select month_end, to_persona_id as persona_id, "
        "sum(count_customers) as exact from marts.persona_moves group by all"
    )
    names = ["persona_id", "month_end", "count_customers", "is_hidden"]
    shown = pd.DataFrame(
        built.published(
            f"select {', '.join(names)} from bi.persona_sizes_monthly"
        ),
        columns=names,
    )
    shown["month_end"] = pd.to_datetime(shown["month_end"])
    both = exact.merge(shown, on=["month_end", "persona_id"])
    assert len(both) == len(exact) == len(shown)
    open_ones = both[~both["is_hidden"]]
    assert (open_ones["count_customers"] == open_ones["exact"]).all()
    assert (open_ones["exact"] >= 11).all()
    hidden = both[both["is_hidden"]]
    assert hidden["count_customers"].isna().all()
    assert (hidden.groupby("month_end")["exact"].sum() >= 11).all()
    assert len(hidden) > 0
    assert (both["exact"] >= 11).any()


def test_at_the_first_training_all_personas_are_born(built: Home):
    assert built.published("select distinct event from bi.persona_events") == [
        ("born",)
    ]
    assert built.published(
        "select count(*), min(event_date) from bi.persona_events"
    ) == built.published(
        "select count(*), min(as_of_date) from bi.personas "
        "where persona_id <> 'unassigned'"
    )


# -- at once, in steps, and after a change ----------------------------------


@pytest.fixture(scope="module")
def stepped(built: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a copy of the home whose history was built in two steps.

    Two models were in force one after the other: the one of the home since
    the end of February, and a twin of it, under another id, since June. The
    twin is a mixture, with the same centres and spreads of its own.
    """
    folder = tmp_path_factory.mktemp("stepped") / "home"
    shutil.copytree(built.settings.home, folder)
    home = Home(dataclasses.replace(built.settings, home=folder))
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.execute(f"drop table {MONTHS}")
        connection.execute("drop table intermediate.int_drift_counts")
        connection.execute(f"drop table {MOVES}")
        connection.execute(
            "update ml.model_reviews set as_of_date = ?", [FEBRUARY]
        )
    at(home, EARLIER).dbt_build(*SELECTED)
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        assert connection.execute(
            f"select max(month_end) from {MONTHS}"
        ).fetchall() == [(EARLIER,)]
        for table, own in {
            "features": "",
            "centroids": ", 0.8 + position % 5 / 10 + cluster_id % 2 as spread",
            "clusters": ", cluster_id % 3 as score_offset",
            "bins": "",
        }.items():
            connection.execute(
                f"insert into ml.model_{table} by name select * replace "
                f"('twin' as model_run_id{own}) from ml.model_{table}"
            )
        connection.execute(
            "insert into ml.model_runs select * replace ('twin' as "
            "model_run_id, 'mixture' as algorithm, "
            "trained_at + interval 1 day as trained_at) from ml.model_runs"
        )
        review(connection, "twin", "approved", "twin")
    at(home, TODAY).dbt_build(*SELECTED)
    return home


SELECTED = (
    *("--select", "int_as_of_date+,+int_customer_moves"),
    "int_as_of_date+,+int_drift_counts",
    *(table.split(".")[1] for table in TABLES),
    *("--resource-type", "model"),
)


def review(
    connection: duckdb.DuckDBPyConnection,
    model_run_id: str,
    decision: str,
    in_force: str,
    day: date = TODAY,
) -> None:
    """Add a decision to the log."""
    connection.execute(
        "insert into ml.model_reviews select max(review_number) + 1, "
        "current_localtimestamp(), ?, ?, ?, ?, 'a person', null "
        "from ml.model_reviews",
        [day, model_run_id, decision, in_force],
    )


def at(home: Home, day: date) -> Home:
    return Home(dataclasses.replace(home.settings, as_of_date=day))


def told(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the history and its tables, their run aside."""
    return {
        table: home.rows(f"select * exclude (run_id) from {table} order by all")
        for table in TABLES
    } | {
        table: home.rows(f"from {table} order by all")
        for table in (MONTHS, MOVES)
    }


def test_in_steps_and_at_once_the_same_is_told(stepped: Home):
    in_steps = told(stepped)
    at(stepped, TODAY).dbt_build(*SELECTED, "--full-refresh")
    at_once = told(stepped)
    for table, rows in at_once.items():
        assert rows == in_steps[table], table
        assert rows


def test_moves_by_a_mixture_have_their_reasons_too(stepped: Home):
    moves = assert_moves_have_their_reasons(stepped)
    assert (moves.groupby("model_run_id")["feature_1"].count() > 5).all()
    assert moves["model_run_id"].nunique() == 2


def test_what_was_believed_then_is_kept_beside_what_is_known_now(stepped: Home):
    assert stepped.rows(
        "select model_run_id = 'twin', min(known_from), max(known_from), "
        "min(known_to), max(known_to), min(valid_from) = "
        "(select min(month_end) from marts.persona_moves), "
        "max(valid_from) < date '2026-06-30' "
        "from marts.customer_persona_history group by 1 order by 1"
    ) == [
        (False, FEBRUARY, date(2026, 5, 31), TODAY, TODAY, True, True),
        (True, TODAY, TODAY, None, None, True, False),
    ]
    # Nobody is told of twice, whatever day one asks of.
    for day in ("2026-02-28", "2026-05-31", "2026-06-30"):
        assert stepped.rows(
            "select count(*) - count(distinct customer_id) "
            "from marts.customer_persona_history "
            f"where known_from <= date '{day}' "
            f"and (known_to is null or known_to > date '{day}') "
            f"and valid_from <= date '{day}' "
            f"and (valid_to is null or valid_to > date '{day}')"
        ) == [(0,)]


@pytest.mark.slow
def test_what_rests_on_changed_data_is_told_anew_and_nothing_else(
    stepped: Home,
):
    before = told(stepped)
    with duckdb.connect(str(stepped.settings.warehouse_path)) as connection:
        connection.execute(
            f"update {MONTHS} set data_version = 'of other data', "
            "persona_id = 'P99' where month_end >= date '2026-01-01'"
        )
        connection.execute(
            f"update {MONTHS} set confidence = -1 "
            "where month_end = date '2025-12-31'"
        )
    at(stepped, TODAY).dbt_build(*SELECTED)
    after = told(stepped)
    place = 8  # of confidence
    marked = [row for row in after[MONTHS] if row[place] == -1]
    assert {row[2] for row in marked} == {date(2025, 12, 31)}
    with duckdb.connect(str(stepped.settings.warehouse_path)) as connection:
        connection.execute(f"delete from {MONTHS} where confidence = -1")
        connection.execute(
            f"update {MOVES} set data_version = 'of other data', "
            "feature_1 = 'none' where month_end >= date '2026-01-01'"
        )
    at(stepped, TODAY).dbt_build(*SELECTED)
    assert told(stepped) == before


@pytest.mark.slow
def test_a_backfill_tells_the_same_months_anew(stepped: Home):
    before = told(stepped)
    for months in (("2025-11",), ("2026-02", "2026-04")):
        ran = stepped.persona("backfill", *months)
        assert ran.exit_code == 0, ran.output
        assert {MONTHS: told(stepped)[MONTHS]} == {MONTHS: before[MONTHS]}
    assert told(stepped) == before
    refused = stepped.persona("backfill", "2026-04", "2026-02")
    assert refused.exit_code == 1
    assert "before" in refused.output
    assert "2026-01" in stepped.persona("backfill", "January").output


@pytest.mark.slow
def test_a_model_that_comes_back_tells_of_the_months_between_too(
    stepped: Home, tmp_path: Path
):
    """Rolled back a day later: known in two spells, the months in one row."""
    folder = tmp_path / "home"
    shutil.copytree(stepped.settings.home, folder)
    home = Home(dataclasses.replace(stepped.settings, home=folder))
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.execute(
            "update ml.model_reviews set as_of_date = date '2026-04-30' "
            "where model_run_id = 'twin'"
        )
        (first,) = connection.execute(
            "select model_run_id from ml.model_reviews where review_number = 1"
        ).fetchall()[0]
        review(connection, "twin", "rolled_back", first, date(2026, 5, 31))
        # Taken back and forth on one day: it never was.
        review(connection, "twin", "approved", "twin", TODAY)
        review(connection, "twin", "rolled_back", first, TODAY)
    at(home, TODAY).dbt_build(*SELECTED)
    assert home.rows(
        "select model_run_id = 'twin', in_force_from, in_force_to "
        "from intermediate.int_model_periods order by in_force_from"
    ) == [
        (False, FEBRUARY, date(2026, 4, 30)),
        (True, date(2026, 4, 30), date(2026, 5, 31)),
        (False, date(2026, 5, 31), None),
    ]
    history = "marts.customer_persona_history"
    for day in ("2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"):
        known = (
            f"known_from <= date '{day}' "
            f"and (known_to is null or known_to > date '{day}') "
            f"and valid_from <= date '{day}' "
            f"and (valid_to is null or valid_to > date '{day}')"
        )
        assert home.rows(
            f"select count(*) - count(distinct customer_id), "
            f"count(distinct model_run_id) from {history} where {known}"
        ) == [(0, 1)]
        assert home.rows(
            f"select count(*) from {history} where {known}"
        ) == home.rows(
            f"select count(*) from {MONTHS} where month_end = date '{day}' "
            f"and (model_run_id = 'twin') = ('{day}' = '2026-04-30')"
        )
    # As it is known today the model tells of all, without a gap.
    assert home.rows(
        f"select count(*) from {history} where known_to is null "
        "and known_from > greatest(valid_from, date '2026-05-31')"
    ) == [(0,)]
