"""Homes that many tests look at, each built once per session.

A home with a built company costs most of a minute; so there are few.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from homes import (
    SAMPLE,
    Home,
    Refreshed,
    deliver_company,
    make_home,
    without_network,
)
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from ml.synthetic import SampleCompany, generate

os.environ.update(
    {
        "DAGSTER_DISABLE_TELEMETRY": "true",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
    }
)

COUNT_CUSTOMERS = 2_000
SEED = 7


# Files that look at the homes below: one process runs those of a group, so that
# each home is built once.
LOOKING_AT_HOMES = {
    "test_campaigns.py": "homes",
    "test_affinities.py": "homes",
    "test_budget_plan.py": "homes",
    "test_cli.py": "homes",
    "test_customer_value.py": "homes",
    "test_dbt_docs.py": "homes",
    "test_definitions.py": "homes",
    "test_lookup.py": "homes",
    "test_metrics.py": "homes",
    "test_pages.py": "homes",
    "test_lookup_page.py": "homes",
    "test_pipeline.py": "homes",
    "test_published_evidence.py": "homes",
    "test_review_page.py": "homes",
    "test_scorecard.py": "homes",
    "test_superset_bundle.py": "homes",
    "test_warm_dbt.py": "homes",
    "test_history.py": "lives",
    "test_persona_drift.py": "lives",
    "test_reviews.py": "lives",
    "test_snapshots.py": "lives",
}


# What takes longest begins first, so that nothing long is left to the end.
# The lives come behind the edges: the home that they copy is there by then.
FIRST = ("homes", "test_pipeline_edges.py", "lives", "test_real_data.py")


def group_of(path: str) -> str:
    """Return the file, or the group of files that it runs with."""
    file = path.rsplit("/", 1)[-1]
    return LOOKING_AT_HOMES.get(file, file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(
        key=lambda item: places.get(group_of(str(item.path)), len(FIRST))
    )


class FileByFile(LoadScopeScheduling):
    """Give each process whole files, those that share homes together."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.split("::", 1)[0])


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Producer
) -> FileByFile:
    config.option.loadscopereorder = False
    return FileByFile(config, log)


@pytest.fixture(scope="session")
def company() -> SampleCompany:
    """Return the company that both big homes are built from."""
    return generate(COUNT_CUSTOMERS, seed=SEED)


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, company: SampleCompany
) -> Home:
    """Return a home in which the company's CSV files became personas.

    The process that comes first builds it, all others copy it.
    """
    home = make_home(tmp_path_factory.mktemp("built"), SAMPLE)
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    pristine = shared / "pristine"
    with (shared / "pristine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not pristine.exists():
            deliver_company(home, company, "csv")
            result = home.run("retrain")
            assert result.is_success, result.message
            building = shared / "pristine.part"
            shutil.copytree(home.settings.home, building, symlinks=True)
            building.rename(pristine)
            return home
    shutil.copytree(
        pristine, home.settings.home, symlinks=True, dirs_exist_ok=True
    )
    return home


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home in which somebody typed `persona demo`: Parquet files.

    Where the machine allows it, without any network.
    """
    home = make_home(tmp_path_factory.mktemp("demo"), SAMPLE)
    ran = subprocess.run(
        [
            *without_network(),
            str(Path(sys.executable).with_name("persona")),
            *("demo", "--customers", str(COUNT_CUSTOMERS)),
            *("--seed", str(SEED)),
        ],
        env=home.environment,
        cwd=home.settings.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (home.settings.home / "demo.txt").write_text(ran.stdout)
    return home


@pytest.fixture(scope="session")
def refreshed(demo: Home) -> Refreshed:
    """Return the demo's home after a run on the same landing folder."""
    before, ledger = demo.fingerprints(), demo.ledger()
    result = demo.run("refresh")
    assert result.is_success, result.message
    return Refreshed(
        demo,
        tuple(result.step_seconds),
        before,
        demo.fingerprints(),
        ledger,
        demo.ledger(),
    )


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home of the connector `template`, for whoever resets it."""
    return make_home(tmp_path_factory.mktemp("shop"), "template")
