"""A new connector is the template under a new name, and compiles at once."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from homes import Home, make_home

from ml.synthetic import ENTITIES
from orchestration.lib.connectors import ConnectorError, copy_template
from orchestration.lib.dbt import dbt_environment, dbt_executable
from orchestration.lib.settings import DBT_PROJECT, PROJECT_ROOT
from orchestration.lib.source_specs import load_source_spec


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the dbt project with the new connector my_shop."""
    copied = tmp_path_factory.mktemp("project") / "dbt_project"
    ignored = shutil.ignore_patterns("target", "logs")
    shutil.copytree(DBT_PROJECT, copied, ignore=ignored)
    made = copy_template("my_shop", copied)
    assert made == copied / "models" / "staging" / "my_shop"
    return copied


def test_new_connector_is_the_template_by_another_name(project: Path):
    staging = project / "models" / "staging"
    template = {
        path.name: path.read_text(encoding="utf-8")
        for path in (staging / "template").iterdir()
    }
    made = {
        path.name: path.read_text(encoding="utf-8")
        for path in (staging / "my_shop").iterdir()
    }
    assert made == {
        name.replace("template", "my_shop"): text.replace("template", "my_shop")
        for name, text in template.items()
    }
    assert len(made) == len(ENTITIES) + 2
    assert not [path for path in staging.iterdir() if path.name[0] == "."]


def test_new_connector_takes_what_the_template_takes(project: Path):
    made = load_source_spec("my_shop", project)
    template = load_source_spec("template", project)
    assert made.table_names == template.table_names == ENTITIES
    for new, old in zip(made.tables, template.tables, strict=True):
        assert new.columns == old.columns
        assert (
            new.is_required
            == old.is_required
            == (old.name in {"orders", "order_lines"})
        )
        assert new.relation == f'raw."my_shop__{old.name}"'


@pytest.mark.slow
def test_new_connector_runs_beside_another(project: Path, tmp_path: Path):
    home: Home = make_home(tmp_path, "my_shop", "template")
    with home.entered():
        ran = subprocess.run(
            [
                *(dbt_executable(), "--quiet", "build"),
                *("--select", "staging", "+customers"),
                *("--exclude-resource-type", "unit_test"),
                *("--indirect-selection", "buildable"),
                *("--project-dir", str(project)),
                *("--profiles-dir", str(PROJECT_ROOT)),
                *("--vars", json.dumps(home.settings.dbt_vars())),
            ],
            env={**home.environment, **dbt_environment(home.settings)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    staged = home.rows(
        "select table_name from information_schema.tables "
        "where table_schema = 'staging' order by table_name"
    )
    assert [name for (name,) in staged] == sorted(
        f"stg_{source}__{entity}"
        for source in home.settings.sources
        for entity in ENTITIES
    )
    assert home.rows("select count(*) from marts.customers") == [(0,)]


@pytest.mark.parametrize(
    "name", ["My Shop", "", "9lives", "../outside", "a" * 41, "shop;drop"]
)
def test_name_that_is_none_is_refused(project: Path, name: str):
    before = sorted(project.rglob("*"))
    with pytest.raises(ConnectorError, match="such as my_shop"):
        copy_template(name, project)
    assert sorted(project.rglob("*")) == before


def test_name_that_is_taken_is_refused(project: Path):
    before = sorted(project.rglob("*"))
    for name in ("my_shop", "template", "sample_company"):
        with pytest.raises(
            ConnectorError, match=f"a connector {name!r} already"
        ):
            copy_template(name, project)
    assert sorted(project.rglob("*")) == before


def test_half_made_connector_is_made_anew(project: Path):
    """A copy that was killed leaves a hidden folder, which dbt ignores."""
    half = project / "models" / "staging" / ".half"
    half.mkdir()
    (half / "rubbish.sql").write_text("select 1")
    made = copy_template("half", project)
    try:
        assert not half.exists()
        assert not (made / "rubbish.sql").exists()
    finally:
        shutil.rmtree(made)
