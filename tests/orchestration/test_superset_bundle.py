"""The Superset bundle against what is published, without a Superset."""

from __future__ import annotations

import io
import runpy
import zipfile
from pathlib import Path

import pytest
import yaml
from homes import Home, make_home
from typer.testing import CliRunner

from orchestration.lib.published import READER_CONFIG, open_published
from orchestration.superset import __main__ as command
from orchestration.superset.bundle import (
    BUNDLE,
    BundleError,
    Document,
    complete_bundle,
    pack,
    read_bundle,
    read_meanings,
    write_document,
)
from orchestration.superset.server import CONFIG, Superset, SupersetError


@pytest.fixture(scope="module")
def documents(built: Home) -> dict[str, Document]:
    return complete_bundle(built.settings.published_path)


def of_kind(documents: dict[str, Document], kind: str) -> list[Document]:
    return [
        document
        for name, document in documents.items()
        if name.startswith(f"{kind}/")
    ]


def test_every_published_table_is_a_dataset_with_its_meaning(
    built: Home, documents: dict[str, Document]
):
    with open_published(built.settings.published_path) as connection:
        meanings = read_meanings(connection)
    datasets = {
        document["table_name"]: document
        for document in of_kind(documents, "datasets")
    }
    assert meanings.tables.keys() <= datasets.keys()
    for table, description in meanings.tables.items():
        assert datasets[table]["description"] == description
        found = {
            column["column_name"]: column["description"]
            for column in datasets[table]["columns"]
            if "expression" not in column
        }
        assert found == {
            name: meaning
            for (of, name), meaning in meanings.columns.items()
            if of == table
        }


def test_nothing_in_a_dataset_is_without_a_description(
    documents: dict[str, Document],
):
    bare = [
        (
            dataset["table_name"],
            part.get("column_name", part.get("metric_name")),
        )
        for dataset in of_kind(documents, "datasets")
        for part in [*dataset["columns"], *dataset["metrics"]]
        if not part.get("description")
    ]
    assert bare == []
    assert all(
        metric["verbose_name"]
        for dataset in of_kind(documents, "datasets")
        for metric in dataset["metrics"]
    )


def test_every_metric_and_calculated_column_runs(
    built: Home, documents: dict[str, Document]
):
    count = 0
    with open_published(built.settings.published_path) as connection:
        for dataset in of_kind(documents, "datasets"):
            sql = dataset.get("sql") or f"from bi.{dataset['table_name']}"
            for part in [*dataset["columns"], *dataset["metrics"]]:
                if "expression" in part:
                    connection.execute(
                        f"select {part['expression']} from ({sql})"
                    ).fetchall()
                    count += 1
    assert count > 40


def test_joins_to_labels_lose_and_double_no_row(
    built: Home, documents: dict[str, Document]
):
    counted = 0
    with open_published(built.settings.published_path) as connection:
        for dataset in of_kind(documents, "datasets"):
            if not dataset.get("sql"):
                continue
            table = dataset["table_name"].removesuffix("_labelled")
            joined, alone = (
                connection.execute(f"select count(*) from ({query})").fetchone()
                for query in (dataset["sql"], f"from bi.{table}")
            )
            assert joined == alone, table
            counted += 1
    assert counted == 6


def test_every_chart_stands_on_the_dashboard_once_under_its_own_title(
    documents: dict[str, Document],
):
    (dashboard,) = of_kind(documents, "dashboards")
    metas = [
        part["meta"]
        for part in dashboard["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    ]
    charts = {
        chart["uuid"]: chart["slice_name"]
        for chart in of_kind(documents, "charts")
    }
    assert len(charts) >= 8
    assert {meta["uuid"]: meta["sliceName"] for meta in metas} == charts
    assert len(metas) == len(charts)
    uuids = [
        document["uuid"]
        for document in documents.values()
        if "uuid" in document
    ]
    assert len(set(uuids)) == len(uuids)


def test_the_database_is_opened_as_readers_open_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (database,) = of_kind(read_bundle(), "databases")
    wanted = {"read_only": True, "config": READER_CONFIG}
    assert database["extra"]["engine_params"]["connect_args"] == wanted
    assert not any(
        database[f"allow_{what}"]
        for what in ("ctas", "cvas", "dml", "csv_upload")
    )
    (tmp_path / "secret.key").write_text("a key")
    monkeypatch.setenv("PERSONA_SUPERSET_HOME", str(tmp_path))
    monkeypatch.setenv("PERSONA_SUPERSET_PUBLISHED", "/published.duckdb")
    config = runpy.run_path(str(CONFIG))
    assert config["READER"] == wanted


def test_the_files_of_the_bundle_are_as_they_are_written(tmp_path: Path):
    for name, document in read_bundle().items():
        write_document(document, tmp_path / name)
        assert (tmp_path / name).read_text() == (BUNDLE / name).read_text()


def test_the_archive_of_the_same_documents_is_the_same(
    documents: dict[str, Document],
):
    assert pack(documents) == pack(dict(reversed(documents.items())))
    with zipfile.ZipFile(io.BytesIO(pack(documents))) as archive:
        assert {
            name.removeprefix("bundle/"): yaml.safe_load(archive.read(name))
            for name in archive.namelist()
        } == documents


def test_a_dataset_that_does_not_fit_says_so(built: Home, tmp_path: Path):
    for name, document in read_bundle().items():
        if name.startswith("datasets/persona_cohorts"):
            document["sql"] = "select no_such_column from bi.persona_cohorts"
        write_document(document, tmp_path / name)
    with pytest.raises(BundleError, match="persona_cohorts_labelled does not"):
        complete_bundle(built.settings.published_path, tmp_path)


def test_without_a_publication_the_command_says_what_to_do(tmp_path: Path):
    home = make_home(tmp_path / "home", "template")
    with home.entered(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(Superset, "program", lambda self, name: name)
        said = CliRunner().invoke(command.app, ["serve", "--port", "0"])
    assert said.exit_code == 1
    assert "Nothing is published yet" in said.output
    assert "`persona demo` or `persona run`" in said.output
    assert not (home.settings.home / "superset").exists()


def test_without_superset_the_command_says_what_to_do(tmp_path: Path):
    home = make_home(tmp_path / "home", "template")
    superset = Superset(home.settings, venv=tmp_path / "none")
    with pytest.raises(SupersetError, match="`make superset` installs"):
        superset.serve_command(0)
