"""From Superset's export back to the files of the bundle.

What the published file says, what Superset sets by itself and the ids of one
installation are dropped, so that a difference in version control is one that a
person made. An export straight after the import changes no file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import yaml

from orchestration.lib.published import open_published
from orchestration.superset.bundle import (
    BUNDLE,
    Document,
    describe_dataset,
    read_bundle,
    read_meanings,
    write_document,
)

# What Superset writes when nobody has said anything.
DATASET_DEFAULTS: Document = {
    "always_filter_main_dttm": False,
    "filter_select_enabled": True,
    "normalize_columns": False,
    "offset": 0,
}
COLUMN_DEFAULTS: Document = {"is_active": True}
PARAMETER_DEFAULTS: Document = {"annotation_layers": []}
IDS_IN_PARAMETERS = ("dashboards", "datasource", "slice_id")
COMPUTED_METADATA = (
    "chart_configuration",
    "color_scheme_domain",
    "global_chart_configuration",
    "map_label_colors",
    "shared_label_colors",
)
COMPUTED_FILTER_KEYS = ("chartsInScope", "tabsInScope")


def dashboard_uuid(folder: Path = BUNDLE) -> str:
    """Return the uuid of the bundle's dashboard."""
    (found,) = (
        document["uuid"]
        for name, document in read_bundle(folder).items()
        if name.startswith("dashboards/")
    )
    return str(found)


def keep_export(
    archive: Path, published: Path, folder: Path = BUNDLE
) -> list[Path]:
    """Bring the bundle's files to what an export holds; return the changed.

    The database is left as it is: it is the same everywhere but for the path.
    Charts that are no longer on the dashboard are removed.
    """
    known = {
        document["uuid"]: (name, document)
        for name, document in read_bundle(folder).items()
        if "uuid" in document
    }
    exported = _trimmed(_read_archive(archive), published)
    changed = []
    for document in exported.values():
        kind = _kind(document)
        name, before = known.get(
            document["uuid"], (f"{kind}/{_slug(document)}.yaml", None)
        )
        if document != before:
            write_document(document, folder / name)
            changed.append(folder / name)
    for uuid, (name, _) in known.items():
        if name.startswith("charts/") and uuid not in exported:
            (folder / name).unlink()
            changed.append(folder / name)
    return sorted(changed)


def _read_archive(archive: Path) -> list[Document]:
    with ZipFile(archive) as bundle:
        return [
            yaml.safe_load(bundle.read(name))
            for name in bundle.namelist()
            if re.search(r"/(charts|dashboards|datasets)/", name)
        ]


def _kind(document: Document) -> str:
    if "slice_name" in document:
        return "charts"
    return "dashboards" if "position" in document else "datasets"


def _slug(document: Document) -> str:
    title = document.get("slice_name") or document.get("table_name") or ""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _trimmed(documents: list[Document], published: Path) -> dict[str, Document]:
    """Return what people said in the documents, by uuid."""
    trimmed = {}
    with open_published(published) as connection:
        meanings = read_meanings(connection)
        for document in documents:
            said = _without(document, {})
            kind = _kind(said)
            if kind == "charts":
                said = _trim_chart(said)
            elif kind == "dashboards":
                said = _trim_dashboard(said)
            else:
                bare = _bare_dataset(said)
                known = describe_dataset(bare, connection, meanings)
                said = _trim_dataset(said, known)
            trimmed[said["uuid"]] = said
    return trimmed


def _bare_dataset(dataset: Document) -> Document:
    """Return a dataset of which nobody has said more than its query."""
    metrics = dataset.get("metrics", [])
    return {
        "table_name": dataset["table_name"],
        "sql": dataset.get("sql"),
        "metrics": [{"metric_name": row["metric_name"]} for row in metrics],
    }


def _trim_dataset(dataset: Document, known: Document) -> Document:
    """Drop of a dataset what the published file says of it."""
    parts = {}
    for part, key, defaults in (
        ("columns", "column_name", COLUMN_DEFAULTS),
        ("metrics", "metric_name", {}),
    ):
        found = {row[key]: row for row in known[part]}
        rows = [
            {key: row[key]} | _without(row, defaults | found.get(row[key], {}))
            for row in dataset.get(part, [])
        ]
        parts[part] = sorted(
            (row for row in rows if len(row) > 1), key=lambda row: row[key]
        )
    said = {"description": known["description"]} | DATASET_DEFAULTS
    return _without(dataset | parts, said | {"columns": [], "metrics": []})


def _trim_chart(chart: Document) -> Document:
    parameters = _without(chart["params"], PARAMETER_DEFAULTS)
    for key in IDS_IN_PARAMETERS:
        parameters.pop(key, None)
    chart.pop("query_context", None)
    return chart | {"params": parameters}


def _trim_dashboard(dashboard: Document) -> Document:
    """Drop what Superset computes; number charts by place, not by id."""
    metas = [
        part["meta"]
        for _, part in sorted(dashboard["position"].items())
        if isinstance(part, dict) and part["type"] == "CHART"
    ]
    numbers = {
        meta["chartId"]: number for number, meta in enumerate(metas, start=1)
    }
    for meta in metas:
        meta["chartId"] = numbers[meta["chartId"]]
    metadata = dashboard["metadata"]
    for key in COMPUTED_METADATA:
        metadata.pop(key, None)
    for chosen in metadata.get("native_filter_configuration", []):
        for key in COMPUTED_FILTER_KEYS:
            chosen.pop(key, None)
        scope = chosen.get("scope", {})
        scope["excluded"] = [
            numbers[chart]
            for chart in scope.get("excluded", [])
            if chart in numbers
        ]
    return dashboard


def _without(row: Mapping[str, Any], known: Mapping[str, Any]) -> Document:
    """Return what a row says beyond nothing, and beyond what is known."""
    return {
        key: value
        for key, value in row.items()
        if value is not None and (key not in known or known[key] != value)
    }
