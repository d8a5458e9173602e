"""dbt's documentation as one page that needs neither network nor warehouse.

The page is dbt's own, the one that ``dbt docs generate --static`` fills. That
command asks the warehouse for the types of all columns, and so waits for
whoever writes it; here they are those of the contracts, which the warehouse
is held to. What goes in is metadata: names, types, meanings, SQL and tests,
of private models too, and no row of any table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from orchestration.lib.dbt import read_manifest
from orchestration.lib.settings import Settings

PACKAGE = "persona_warehouse"
MANIFEST_PLACE = '"MANIFEST.JSON INLINE DATA"'
CATALOG_PLACE = '"CATALOG.JSON INLINE DATA"'
# What a build leaves in the manifest: paths of this machine, SQL of one run.
OF_A_BUILD = {"root_path", "build_path", "compiled_path", "compiled_code"}
# Addresses that the page would ask for before it has filled them in.
MENDS = {
    'xlink:href="{{ getIcon(': 'ng-attr-xlink:href="{{ getIcon(',
    "${require('./assets/favicons/favicon.ico')}": "data:,",
}


class DbtDocsError(RuntimeError):
    """The page could not be written; the message says what to do."""


def write_dbt_docs(settings: Settings) -> Path:
    """Write the page beside the published file and return its path.

    Raises
    ------
    DbtError
        When the project does not parse.
    DbtDocsError
        When dbt's page has no place for the project's data.
    """
    page = documentation_page(
        read_manifest(settings),
        Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8"),
    )
    path = docs_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.write_text(page, encoding="utf-8")
    draft.replace(path)
    return path


def docs_path(settings: Settings) -> Path:
    """Return where the page is: beside the published file."""
    return settings.published / "dbt_docs.html"


def documentation_page(manifest: Mapping[str, Any], template: str) -> str:
    """Return dbt's page with the manifest and the columns' types in it.

    Parameters
    ----------
    manifest : mapping
        As ``dbt parse`` writes it.
    template : str
        dbt's index.html.
    """
    parts = {
        MANIFEST_PLACE: _of_the_project(manifest),
        CATALOG_PLACE: catalog_of(manifest),
    }
    for old, new in MENDS.items():
        template = template.replace(old, new)
    for place, data in parts.items():
        if template.count(place) != 1:
            raise DbtDocsError(
                f"dbt's page has no place {place}: this dbt writes it in "
                "another way; install the one of requirements.lock."
            )
        # Within a script element, "</" in a text would end it.
        text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
        template = template.replace(place, text)
    return template


def catalog_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return dbt's catalog with the types that the yml files declare."""
    return {
        "metadata": {},
        "nodes": {
            key: _entry(key, node)
            for key, node in manifest["nodes"].items()
            if node["resource_type"] in ("model", "seed")
        },
        "sources": {
            key: _entry(key, source)
            for key, source in manifest["sources"].items()
        },
        "errors": None,
    }


def _entry(key: str, node: Mapping[str, Any]) -> dict[str, Any]:
    name = node.get("alias") or node.get("identifier") or node["name"]
    materialized = node.get("config", {}).get("materialized")
    return {
        "unique_id": key,
        "metadata": {
            "type": "VIEW" if materialized == "view" else "BASE TABLE",
            "database": node["database"],
            "schema": node["schema"],
            "name": name,
        },
        "columns": {
            column["name"]: {
                "name": column["name"],
                "type": column.get("data_type") or "",
                "index": index,
            }
            for index, column in enumerate(node["columns"].values(), start=1)
        },
        "stats": {},
    }


def _of_the_project(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out dbt's own macros, connectors that are off, and what ran."""
    return {
        **manifest,
        "nodes": {
            key: {
                name: value
                for name, value in node.items()
                if name not in OF_A_BUILD
            }
            for key, node in manifest["nodes"].items()
        },
        "metadata": {
            **manifest["metadata"],
            "send_anonymous_usage_stats": False,
            "user_id": None,
        },
        "macros": {
            key: macro
            for key, macro in manifest["macros"].items()
            if macro["package_name"] == PACKAGE
        },
        "disabled": {},
    }
