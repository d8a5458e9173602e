"""A run may be killed at any moment: readers see nothing of it.

A shop has published once, and gets a file that changes what is published.
The run that takes it in is killed with everything it started, at ten moments
over its length. What readers then see is the old publication or the new one,
whole, and the same command started again gives what it would have given
undisturbed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from homes import SAMPLE, Home, deliver_company, make_home

from ml.synthetic import generate
from orchestration.lib.history import TABLES
from orchestration.lib.publishing import published_versions

pytestmark = pytest.mark.slow

LATE_ENTITY = "support_tickets"
MOMENTS = range(10)
# A run that is killed behind its training has trained; the next one does too.
LOGS = ("persona_drift", "persona_events", "persona_reviews")
BACKFILL = ("backfill", "2025-01", "2025-12")


@dataclass(frozen=True)
class Shop:
    """A home, a copy of it from before the late file, and what is right."""

    home: Home
    copy: Path
    late_file: Path
    seconds: float
    before: dict[str, str]
    after: dict[str, str]

    def restore(self) -> None:
        """Bring the home back to before, hard links and all."""
        shutil.rmtree(self.home.settings.home)
        subprocess.run(
            ["cp", "-a", str(self.copy), str(self.home.settings.home)],
            check=True,
        )
        landing = self.home.settings.landing / SAMPLE
        shutil.copy(self.late_file, landing)


def start(home: Home, *command: str) -> subprocess.Popen[str]:
    """Start `persona train`, or another, as the leader of its own group."""
    program = str(Path(sys.executable).with_name("persona"))
    return subprocess.Popen(
        [program, *(command or ("train",))],
        env=home.environment,
        cwd=home.settings.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run_undisturbed(home: Home, *command: str) -> float:
    """Return the seconds that the run took."""
    started = time.monotonic()
    process = start(home, *command)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return time.monotonic() - started


def fingerprints(home: Home) -> dict[str, str]:
    """Return one hash per table, what logs each training aside."""
    found = home.fingerprints("model_run_id")
    return {name: found[name] for name in found if name not in LOGS}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("recovery")
    home = make_home(folder / "home", SAMPLE)
    deliver_company(home, generate(1_000, seed=11), "parquet")
    late_file = folder / f"{LATE_ENTITY}.parquet"
    landed = home.settings.landing / SAMPLE / late_file.name
    shutil.move(landed, late_file)
    run_undisturbed(home)
    before = fingerprints(home)
    copy = folder / "copy"
    subprocess.run(["cp", "-a", str(home.settings.home), str(copy)], check=True)
    shutil.copy(late_file, landed)
    seconds = run_undisturbed(home)
    after = fingerprints(home)
    assert after != before
    return Shop(home, copy, late_file, seconds, before, after)


def test_a_run_that_a_person_stops_ends_and_says_so(shop: Shop):
    shop.restore()
    process = start(shop.home)
    time.sleep(0.5 * shop.seconds)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Stopped." in said
    assert "Traceback" not in said
    assert fingerprints(shop.home) == shop.before
    run_undisturbed(shop.home)
    assert fingerprints(shop.home) == shop.after


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_run_is_as_if_it_had_not_been(shop: Shop, moment: int):
    shop.restore()
    home = shop.home
    (first,) = published_versions(home.settings)

    process = start(home)
    share = (moment + random.Random(moment).random()) / len(MOMENTS)
    time.sleep(share * shop.seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    whole = fingerprints(home)
    assert whole in (shop.before, shop.after)
    runs = {
        run
        for table in whole
        for run in home.published(f"select distinct run_id from bi.{table}")
    }
    assert len(runs) == 1
    (in_force,) = (
        one for one in published_versions(home.settings) if one.is_in_force
    )
    assert in_force.fault is None
    assert runs == {(in_force.run_id,)}
    assert (in_force.run_id == first.run_id) == (whole == shop.before)
    count_killed = len(
        home.rows("select run_id from meta.runs where status = 'running'")
    )

    run_undisturbed(home)
    assert fingerprints(home) == shop.after
    statuses = home.rows("select status from meta.runs order by started_at")
    assert statuses[0] == statuses[-1] == ("succeeded",)
    assert statuses.count(("interrupted",)) == count_killed
    assert home.rows(
        "select count(*) from meta.deliveries "
        f"where table_name = '{LATE_ENTITY}' and outcome = 'loaded'"
    ) == [(1,)]
    assert home.rows(
        "select count(*) - count(distinct delivery_row) "
        f"from raw.{SAMPLE}__{LATE_ENTITY}"
    ) == [(0,)]


@pytest.fixture(scope="module")
def told(shop: Shop) -> tuple[dict[str, list[object]], float]:
    """Return the history of the shop, and the seconds to tell a year anew."""
    shop.restore()
    (shop.home.settings.landing / SAMPLE / shop.late_file.name).unlink()
    history = months_of(shop.home)
    seconds = run_undisturbed(shop.home, *BACKFILL)
    assert months_of(shop.home) == history
    return history, seconds


def months_of(home: Home) -> dict[str, list[object]]:
    return {
        table: list(home.rows(f"from {table} order by all")) for table in TABLES
    }


@pytest.mark.parametrize("moment", range(5))
def test_killed_backfill_goes_on_when_it_is_run_again(
    shop: Shop, told: tuple[dict[str, list[object]], float], moment: int
):
    """Nothing twice, nothing lost, and whatever is run next mends it."""
    history, seconds = told
    share = (moment + random.Random(moment).random()) / 5
    process = start(shop.home, *BACKFILL)
    time.sleep(share * seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    run_undisturbed(shop.home, *(BACKFILL if moment % 2 else ("run",)))
    assert months_of(shop.home) == history
