"""The published tables and their columns, as a page.

It is read from dbt's manifest by the same code that publishes, so a table that
is published is on the page, under the names it is published by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from orchestration.lib.publishing_file import (
    CUSTOMER_KEY_COMMENT,
    DICTIONARY_COMMENTS,
    PUBLICATION_COMMENTS,
)
from orchestration.lib.publishing_tables import (
    CUSTOMER_KEY,
    DATA_DICTIONARY,
    PUBLICATION,
    PublishedTable,
    published_name,
    published_tables,
)
from orchestration.lib.reference.markdown import MADE, code, grain, table

SENTENCE = re.compile(r"(?<=[.])\s")
SUBJECTS = {
    "bi": "To begin with, and the star",
    "personas": "Personas",
    "kpis": "The scorecard",
    "value": "Value",
    "campaigns": "Campaigns",
    "budget": "Budget",
    "affinity": "Cohorts, products, channels, journeys",
    "metrics": "Metrics",
    "customers": "Customers and surveys",
    "quality": "Inputs",
}
INTRODUCTION = """
# Published tables

What is in the schema `bi` of `published/personas.duckdb`, in the Parquet files
beside it, and in PostgreSQL after `persona publish --to`. The same texts are
comments on the tables and columns, and rows of `bi.data_dictionary`. Where to
begin: [bi.md](bi.md). What counts too few customers is null or left out:
[privacy.md](privacy.md).
"""


def tables_page(manifest: Mapping[str, Any]) -> str:
    """Return the page."""
    subjects = _subjects(manifest)
    tables = published_tables(manifest)
    parts = [
        MADE.format(source="the ymls of models/marts"),
        INTRODUCTION.strip(),
    ]
    for subject, title in {
        **SUBJECTS,
        **subjects_without_title(subjects),
    }.items():
        chosen = [one for one in tables if subjects[one.name] == subject]
        if chosen:
            parts.append(f"## {title}")
            parts.append(
                table(
                    ("table", "one row per", "says", "key"), map(_line, chosen)
                )
            )
    parts.append(f"## {PUBLICATION}, {DATA_DICTIONARY}")
    parts.append(
        "What this file is, in one row, and what every column of it is, in one "
        "row per column. Not made by dbt but while publishing."
    )
    own = {
        PUBLICATION: PUBLICATION_COMMENTS,
        DATA_DICTIONARY: DICTIONARY_COMMENTS,
    }
    parts.append(
        table(
            ("table", "column", "meaning"),
            [
                (code(name), code(column), text)
                for name, comments in own.items()
                for column, text in comments.items()
            ],
        )
    )
    parts.append("## Every column")
    parts += [_section(one) for one in tables]
    return "\n\n".join(parts) + "\n"


def _subjects(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return by table the subject: that of the yml that describes it."""
    return {
        node.get("alias") or node["name"]: re.sub(
            r"^_(\w+?)__.*", r"\1", PurePath(node.get("patch_path") or "").name
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed", "snapshot")
    }


def subjects_without_title(subjects: Mapping[str, str]) -> dict[str, str]:
    """Return the subjects that no title was written for, by their own name."""
    others = sorted(set(subjects.values()) - set(SUBJECTS))
    return {name: name.replace("_", " ").capitalize() for name in others}


def _line(published: PublishedTable) -> tuple[str, str, str, str]:
    text = " ".join(published.description.split())
    return (
        f"[{published.name}](#{published.name})",
        grain(text),
        SENTENCE.split(text)[0],
        ", ".join(map(code, published.primary_key)),
    )


def _section(published: PublishedTable) -> str:
    columns = table(
        ("column", "type", "meaning"),
        [
            (code(published_name(name)), column.data_type or "", meaning)
            for name, column in published.columns.items()
            for meaning in (
                CUSTOMER_KEY_COMMENT
                if published_name(name) == CUSTOMER_KEY
                else column.description,
            )
        ],
    )
    text = " ".join(published.description.split())
    return f"### {published.name}\n\n{text}\n\n{columns}"
