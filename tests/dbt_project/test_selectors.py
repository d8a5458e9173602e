"""Selectors and exposures: what dbt's users find without reading the project."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from dbt.cli.main import dbtRunner

from orchestration.lib.dbt import dbt_environment
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT, Settings

STAGES = ("inputs", "customers", "personas", "kpis", "bi")
Listing = Callable[..., set[str]]


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Listing:
    """Return what lists the names of a selection, with the project parsed."""
    settings = Settings(tmp_path_factory.mktemp("dbt"), ("sample_company",))
    where = ["--project-dir", str(DBT_PROJECT)]
    where += ["--profiles-dir", str(PROJECT_ROOT)]

    def invoke(*arguments: str, manifest: Any = None) -> Any:
        with mock.patch.dict("os.environ", dbt_environment(settings)):
            answer = dbtRunner(manifest=manifest).invoke(
                ["--quiet", *arguments, *where]
            )
        assert answer.success, answer.exception
        return answer.result

    manifest = invoke("parse")

    def names(*arguments: str) -> set[str]:
        output = ["--output", "json", "--output-keys", "name"]
        lines = invoke("ls", *arguments, *output, manifest=manifest)
        return {json.loads(line)["name"] for line in lines}

    return names


def test_stages_make_the_warehouse_and_share_nothing(listed: Listing):
    models = ("--resource-type", "model")
    stages = [listed("--selector", stage, *models) for stage in STAGES]
    assert all(stages)
    assert set.union(*stages) == listed(*models)
    assert sum(map(len, stages)) == len(set.union(*stages))


def test_published_is_what_is_public(listed: Listing):
    public = listed("--selector", "published", "--resource-type", "model")
    assert {"personas", "persona_kpis", "dim_date"} <= public
    assert not {"customers", "orders", "rejected_rows"} & public


def test_every_page_and_chart_is_an_exposure(listed: Listing):
    pages = listed("--select", "exposure:*")
    assert {name.split("_")[0] for name in pages} == {"page", "superset"}
    assert len(pages) >= 11
    lookup = listed("--select", "+exposure:page_lookup")
    assert {"customer_value", "int_customer_value", "page_lookup"} <= lookup
    assert "persona_cohorts" not in lookup


def test_dashboards_read_published_tables_only(listed: Listing):
    direct = listed(
        "--select", "1+exposure:*", "--resource-type", "model"
    )
    public = listed("--selector", "published", "--resource-type", "model")
    assert direct
    assert direct <= public
    whole = listed("--selector", "dashboards", "--resource-type", "model")
    assert direct < whole


