"""Named snapshots: kept by command, compared by every later run."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from homes import SAMPLE, Home, make_home
from scipy.optimize import linprog

from orchestration.lib.runs import run_lock
from orchestration.lib.snapshots import (
    list_snapshots,
    snapshot_id,
    take_snapshot,
)
from orchestration.lib.typed import TypedError

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
SPRING = "Spring campaign"
BUILT = ("--select", "int_snapshot_moves", "persona_snapshot_moves")
TABLE = "marts.persona_snapshot_moves"


def words(result: Result) -> str:
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


def copy_of(home: Home, folder: Path) -> Home:
    shutil.copytree(home.settings.home, folder, symlinks=True)
    return Home(dataclasses.replace(home.settings, home=folder))


def members(home: Home, name: str = "spring-campaign") -> pd.DataFrame:
    return home.frame(
        "select customer_id, persona_id, confidence "
        "from meta.persona_snapshot_members "
        f"where snapshot_id = '{name}' order by customer_id"
    )


def pairs(home: Home, sql: str) -> pd.Series:
    """Return customers by snapshot, persona then and persona now."""
    keys = ["snapshot_id", "then_persona_id", "now_persona_id"]
    return home.frame(sql).set_index(keys)["count_customers"].sort_index()


def seen(home: Home) -> list[tuple[object, ...]]:
    return home.rows(f"select * exclude (run_id) from {TABLE} order by all")


@pytest.fixture(scope="module")
def kept(built: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with snapshots, of which one has a past.

    Of those in `Spring campaign`, one in nine was somewhere else then, and 40
    are no more in the data.
    """
    home = copy_of(built, tmp_path_factory.mktemp("kept") / "home")
    for name, *options in (
        [SPRING, "--note", "before [bold]the mailing"],
        ["Nobody moved"],
        ["One of them", "--persona", "P01"],
        ["Two", "--persona", "P02", "--persona", "unassigned"],
    ):
        result = home.persona("snapshot", name, *options)
        assert result.exit_code == 0, result.output
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.execute(
            "update meta.persona_snapshot_members "
            "set persona_id = 'P0' || (1 + hash(customer_id) % 5) "
            "where snapshot_id = 'spring-campaign' "
            "and hash(customer_id || 'a') % 9 = 0"
        )
        connection.execute(
            "update meta.persona_snapshot_members "
            "set customer_id = 'gone ' || customer_id "
            "where snapshot_id = 'spring-campaign' and customer_id in "
            "(select customer_id from meta.persona_snapshot_members "
            "where snapshot_id = 'spring-campaign' "
            "order by md5(customer_id) limit 40)"
        )
    home.dbt_build(*BUILT)
    return home


# -- taking one -------------------------------------------------------------


def test_a_snapshot_is_what_customer_personas_says(built: Home, tmp_path: Path):
    home = copy_of(built, tmp_path / "home")
    taken = take_snapshot(home.settings, f"  {SPRING} ", now=NOW, note="why")
    today = home.frame(
        "select customer_id, persona_id, confidence "
        "from marts.customer_personas order by customer_id"
    )
    assert members(home).equals(today)
    assert (today["persona_id"] == "unassigned").any()
    assert list_snapshots(home.settings) == [taken]
    assert dataclasses.astuple(taken) == (
        *("spring-campaign", SPRING, NOW.replace(tzinfo=None)),
        home.rows("select max(as_of_date) from marts.personas")[0][0],
        home.rows("select model_run_id from ml.model_runs")[0][0],
        *("why", len(today)),
    )


def test_a_snapshot_is_kept_whole_or_not_at_all(built: Home, tmp_path: Path):
    """Its customers are written first; here what follows cannot be."""
    home = copy_of(built, tmp_path / "home")
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.execute(
            "alter table marts.customer_personas "
            "alter column as_of_date drop not null"
        )
        connection.execute(
            "update marts.customer_personas set as_of_date = null"
        )
    with pytest.raises(duckdb.ConstraintException, match="as_of_date"):
        take_snapshot(home.settings, SPRING, now=NOW)
    assert len(members(home)) == 0
    assert list_snapshots(home.settings) == []


def test_the_command_keeps_lists_refuses_and_removes(kept: Home):
    listed = words(kept.persona("snapshots"))
    count = len(members(kept))
    for part in (SPRING, f"{count:,}", "before [bold]the mailing", "Two"):
        assert part in listed, part
    again = kept.persona("snapshot", "SPRING  campaign!")
    assert again.exit_code == 1
    today = datetime.now(UTC).date()
    assert f"There is a snapshot '{SPRING}' of {today:%Y-%m}" in words(again)
    assert '"Spring campaign" --delete' in words(again)
    assert len(members(kept)) == count

    assert kept.persona("snapshot", "Short-lived").exit_code == 0
    assert len(members(kept, "short-lived")) > 0
    removed = kept.persona("snapshot", "short lived", "--delete")
    assert "Removed 'Short-lived'" in words(removed)
    assert len(members(kept, "short-lived")) == 0
    assert len(members(kept)) == count
    assert "Short-lived" not in words(kept.persona("snapshots"))
    unknown = kept.persona("snapshot", "short lived", "--delete")
    assert unknown.exit_code == 1
    assert "There is no snapshot 'short lived'" in words(unknown)


def test_chosen_personas_only(kept: Home):
    for name, personas in (("one-of-them", {"P01"}), ("two", {"P02", "none"})):
        chosen = {"unassigned" if one == "none" else one for one in personas}
        assert set(members(kept, name)["persona_id"]) == chosen
        assert len(members(kept, name)) == sum(
            kept.rows(
                "select count(*) from marts.customer_personas "
                f"where persona_id = '{one}'"
            )[0][0]
            for one in chosen
        )
    result = kept.persona("snapshot", "Nobody", "--persona", "P99")
    assert result.exit_code == 1
    assert "No customer is in P99: there are P01, P02" in words(result)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("=1+1", "a formula"),
        ("+49", "a formula"),
        ("-x", "a formula"),
        ("@home", "a formula"),
        ("\uff1dx", "a formula"),
        ("\tx", "U+0009"),
        ("one\rtwo", "U+000D"),
        ("one\ntwo", "U+000A"),
        ("one\u202etwo", "U+202E"),
        ("x" * 81, "81 characters: up to 80"),
        (" ", "no letter or digit"),
        ("<!>", "no letter or digit"),
    ],
)
def test_names_that_are_not_fit_are_refused(
    built: Home, name: str, reason: str
):
    result = built.persona("snapshot", "--", name)
    assert result.exit_code == 1
    assert reason in words(result)
    assert list_snapshots(built.settings) == []


def test_a_note_that_is_not_fit_is_refused(built: Home):
    for note, reason in (("x" * 501, "up to 500"), ("a\x1b[2J", "U+001B")):
        with pytest.raises(TypedError, match=reason.replace("+", r"\+")):
            take_snapshot(built.settings, "x", now=NOW, note=note)
    assert list_snapshots(built.settings) == []


def test_names_of_any_language_are_kept():
    assert snapshot_id("Kampagne Frühling, 2026") == "kampagne-frühling-2026"
    assert snapshot_id("کمپین بهار") == "کمپین-بهار"


def test_before_anything_is_built_the_mend_is_named(tmp_path: Path):
    empty = make_home(tmp_path / "home", SAMPLE)
    assert "There is none yet" in words(empty.persona("snapshots"))
    for options in ([], ["--delete"]):
        result = empty.persona("snapshot", SPRING, *options)
        assert result.exit_code == 1
        assert "start `persona run`" in words(result)
    assert not empty.settings.home.exists()


def test_no_snapshot_is_taken_in_the_middle_of_a_run(built: Home):
    with run_lock(built.settings):
        result = built.persona("snapshot", SPRING)
    assert result.exit_code == 1
    assert "Another run holds" in words(result)
    assert list_snapshots(built.settings) == []


# -- comparing --------------------------------------------------------------


def test_customers_are_counted_by_persona_then_and_now(kept: Home):
    then = kept.frame(
        "select snapshot_id, customer_id, persona_id as then_persona_id "
        "from meta.persona_snapshot_members"
    )
    now = kept.frame(
        "select customer_id, persona_id as now_persona_id "
        "from marts.customer_personas"
    )
    both = then.merge(now, on="customer_id", how="left")
    both["now_persona_id"] = both["now_persona_id"].fillna("left")
    keys = ["snapshot_id", "then_persona_id", "now_persona_id"]
    expected = both.groupby(keys).size().sort_index()
    exact = pairs(kept, "from intermediate.int_snapshot_moves")
    assert exact[exact > 0].to_dict() == expected.to_dict()
    assert (
        expected.xs("left", level="now_persona_id").sum(),
        expected.groupby("snapshot_id").size().loc["spring-campaign"] > 20,
    ) == (40, True)

    shown = kept.frame(f"from {TABLE}").set_index(keys).sort_index()
    visible = shown[~shown["is_hidden"]]
    assert len(visible) > 10
    assert (visible["count_customers"] == expected[visible.index]).all()
    assert (visible["count_customers"] >= 11).all()
    sizes = expected.groupby(keys[:2]).sum()
    of = [sizes[key[:2]] for key in visible.index]
    assert np.allclose(
        visible["customer_share"], visible["count_customers"] / of
    )
    hidden = shown[shown["is_hidden"]]
    assert hidden[["count_customers", "customer_share"]].isna().all(axis=None)
    assert set(expected.index) <= set(shown.index)
    # Where everybody stayed nothing is small, and nothing is hidden.
    assert not shown.loc["nobody-moved", "is_hidden"].any()
    assert set(shown.loc["one-of-them"].index) == {("P01", "P01")}


def bounds(
    table: pd.DataFrame, hidden: pd.DataFrame, row: int, column: int
) -> tuple[float, float]:
    """Return between what a cell lies for whoever knows all sums."""
    cells = list(zip(*np.nonzero(hidden.to_numpy()), strict=True))
    lines = [("row", i) for i in range(table.shape[0])]
    if table.shape[0] > 1:  # else they would be the cells themselves
        lines += [("column", j) for j in range(table.shape[1])]
    known = np.array(
        [
            [float((i if kind == "row" else j) == at) for i, j in cells]
            for kind, at in lines
        ]
    )
    values = np.array([table.iat[i, j] for i, j in cells], dtype=float)
    aim = np.array([float(cell == (row, column)) for cell in cells])
    found = [
        linprog(sign * aim, A_eq=known, b_eq=known @ values).fun * sign
        for sign in (1, -1)
    ]
    return found[0], found[1]


def test_no_sums_give_a_small_cell_back(kept: Home, tmp_path: Path):
    """Of 40 made-up snapshots, by linear programming, cell by cell."""
    home = copy_of(kept, tmp_path / "home")
    rng = np.random.default_rng(7)
    today = home.frame(
        "select customer_id, persona_id from marts.customer_personas"
    )
    parts = []
    for number in range(40):
        some = today.sample(int(rng.integers(5, 1_500)), random_state=number)
        personas = [f"P{one:02d}" for one in range(rng.integers(1, 8))]
        stays = rng.random(len(some)) < rng.choice([0.5, 0.9, 0.99])
        stays &= some["persona_id"].isin(personas).to_numpy()
        some["persona_id"] = np.where(
            stays, some["persona_id"], rng.choice(personas, len(some))
        )
        is_gone = rng.random(len(some)) < rng.choice([0.0, 0.01, 0.1])
        some.loc[is_gone, "customer_id"] += " gone"
        parts.append(some.assign(snapshot_id=f"made-up-{number}"))
    with duckdb.connect(str(home.settings.warehouse_path)) as connection:
        connection.register("made_up", pd.concat(parts))
        connection.execute("delete from meta.persona_snapshots")
        connection.execute("delete from meta.persona_snapshot_members")
        connection.execute(
            "insert into meta.persona_snapshot_members by name "
            "select * from made_up"
        )
        connection.execute(
            "insert into meta.persona_snapshots by name select snapshot_id, "
            "snapshot_id as name, timestamp '2026-07-01' as taken_at, "
            "date '2026-06-30' as as_of_date, count(*) as count_customers "
            "from meta.persona_snapshot_members group by all"
        )
    home.dbt_build(*BUILT)
    exact = pairs(home, "from intermediate.int_snapshot_moves")
    shown = home.frame(f"from {TABLE}").set_index(exact.index.names)
    is_hidden = shown["is_hidden"].reindex(exact.index, fill_value=False)
    assert (exact[~is_hidden].isin([0]) | (exact[~is_hidden] >= 11)).all()
    count_small = count_visible = 0
    for name in exact.index.unique("snapshot_id"):
        table = exact.loc[name].unstack()
        hidden = is_hidden.loc[name].unstack()
        for counts, flags in ((table, hidden), (table.T, hidden.T)):
            if len(table) == 1 and counts is not table:
                continue
            together = counts.where(flags, 0).sum(axis=1)
            all_of_it = together == counts.sum(axis=1)
            assert ((together == 0) | (together >= 11) | all_of_it).all()
        small = hidden & (table > 0) & (table < 11)
        for row, column in zip(*np.nonzero(small.to_numpy()), strict=True):
            low, high = bounds(table, hidden, row, column)
            is_only_line = table.shape[1] == 1 or (
                table.shape[0] == 1 and hidden.to_numpy().all()
            )
            assert high - low > 0.5 or is_only_line, (name, row, column)
            count_small += 1
        count_visible += int((~hidden & (table > 0)).sum(axis=None))
    assert count_small > 200
    assert count_visible > 200


# -- later ------------------------------------------------------------------


def test_a_second_run_changes_nothing(kept: Home):
    before = seen(kept)
    kept.dbt_build(*BUILT, "--full-refresh")
    assert seen(kept) == before
    assert len(before) > 20


@pytest.mark.slow
def test_snapshots_outlive_a_training_and_a_rebuild(kept: Home, tmp_path: Path):
    home = copy_of(kept, tmp_path / "home")
    stored = "from meta.persona_snapshots order by all"
    before, customers = home.rows(stored), members(home)
    table = seen(home)
    result = home.run("retrain")
    assert result.is_success, result.message
    assert home.rows("select count(*) from ml.model_runs") == [(2,)]
    assert home.rows(stored) == before
    assert members(home).equals(customers)
    # The same data give the same personas, and these the same table.
    assert seen(home) == table
    assert (
        home.published(
            "select * exclude (run_id) from bi.persona_snapshot_moves "
            "order by all"
        )
        == table
    )
    home.dbt_build(
        *("--full-refresh", "--select", "+persona_snapshot_moves"),
        excluded=("unit_test", "test"),
    )
    assert home.rows(stored) == before
    assert members(home).equals(customers)
    assert seen(home) == table
